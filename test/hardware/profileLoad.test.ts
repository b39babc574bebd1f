// Profiles: every bundled one loads with a source for every value; what contradicts itself gets one clear message.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { explain, SettleError } from '../../src/errors.ts';
import type { Known } from '../../src/hardware/profile/profile.ts';
import { loadProfile } from '../../src/hardware/profile/profileLoad.ts';
import { bundledProfiles, readProfile } from '../../src/hardware/profile/profileRead.node.ts';
import { profileJsonSchema } from '../../src/hardware/profile/profileSchema.ts';

const whole = `settleProfile: 1
name: p
kind: digital
description: A chip.
sources: { sheet: a data sheet }
`;
function refusal(rest: string): string {
  try {
    loadProfile(whole + rest, 'p.yaml');
  } catch (error) {
    if (error instanceof SettleError) return explain(error);
    throw error;
  }
  return 'accepted';
}
const isKnown = (value: unknown): value is Known<unknown> =>
  typeof value === 'object' && value !== null && 'value' in value && 'source' in value;
/** Values of a profile without a source, by path. */
function unsourced(at: unknown, path = ''): string[] {
  if (isKnown(at)) return at.value !== null && at.source === '' ? [path] : [];
  if (typeof at !== 'object' || at === null) return [];
  return Object.entries(at).flatMap(([key, value]) => unsourced(value, `${path}.${key}`));
}

describe('bundled profiles', () => {
  it.each(bundledProfiles())('%s loads, and every value it knows has a source', (name) => {
    const { profile } = readProfile(name);
    expect(profile.name).toBe(name);
    expect(unsourced(profile)).toEqual([]);
    for (const text of Object.values(profile.sources)) expect(text).not.toMatch(/unverified/i);
  });
  it('are the thirteen that are promised', () => {
    expect(bundledProfiles()).toEqual([
      'brainscales-2', 'constant-step', 'dynap-se2', 'ideal', 'loihi-1', 'loihi-2', 'odin', 'pcm', 'reram',
      'spinnaker-2', 'tiny-odin', 'truenorth', 'xylo',
    ]); // prettier-ignore
  });
  it('have units in SI: 23.6 pJ is 2.36e-11 J', () => {
    const { energy, time } = readProfile('loihi-1').profile;
    expect(energy[0]!.prices.synapticEvent.value).toBeCloseTo(2.36e-11, 20);
    expect(time.step.value).toBeNull();
    expect(readProfile('xylo').profile.time.step.value).toBe(0.001);
  });
  it('take overrides by path', () => {
    expect(readProfile('reram', ['devices.stepSpread=0.5']).profile.devices!.stepSpread.value).toBe(0.5);
  });
  it('are described by the published JSON Schema', () => {
    const written: unknown = JSON.parse(
      readFileSync(new URL('../../schema/profile.schema.json', import.meta.url), 'utf8'),
    );
    expect(written).toEqual(JSON.parse(JSON.stringify(profileJsonSchema())));
  });
});

describe('a bad profile gets one message', () => {
  it.each([
    ['a misspelt key', 'capacity: { source: sheet, neuronsPerCor: 4 }\n', /p\.yaml:6:\d+: capacity\.neuronsPerCor: unknown key: found "neuronsPerCor".*did you mean "neuronsPerCore"/],
    ['an unknown unit', 'time: { source: sheet, step: 1 parsec }\n', /time\.step: wrong unit|time\.step: unknown unit/],
    ['a missing unit', 'time: { source: sheet, step: "1" }\n', /time\.step: a unit is missing/],
    ['a negative capacity', 'capacity: { source: sheet, cores: -1 }\n', /capacity\.cores: wrong value: found -1, expected a whole number, 0 or more, or unlimited/],
    ['the least above the greatest', 'weight: { source: sheet, minimum: 3, maximum: -3 }\n', /weight\.minimum: the least is above the greatest: found minimum 3, maximum -3/],
    ['an unknown device model', 'devices: { model: memristor, step: 1 }\n', /devices\.model: wrong value: found "memristor", expected constant-step or soft-bounds/],
    ['an unknown word', 'membrane: { source: sheet, overflow: wrapp }\n', /membrane\.overflow: wrong value: found "wrapp"/],
    ['an unknown source', 'capacity: { source: shet, cores: 1 }\n', /capacity\.source: unknown source: found "shet", expected sheet/],
    ['a range of devices without 0', 'devices: { model: constant-step, source: sheet, step: 0.1, minimum: 1, maximum: 2 }\n', /devices\.minimum: the range of a device must contain 0/],
    ['soft bounds at 0', 'devices: { model: soft-bounds, source: sheet, step: 0.1, minimum: 0, maximum: 2 }\n', /soft bounds lie on either side of 0/],
    ['a negative energy', 'energy: [{ name: e, scope: per-term, conditions: none, source: sheet, prices: { spike: -1 pJ } }]\n', /energy\.0\.prices\.spike: may not be negative/],
  ])('%s', (_, text, expected) => expect(refusal(text)).toMatch(expected)); // prettier-ignore
  it('a profile that is not there names those that are', () => {
    expect(() => readProfile('lohi-1')).toThrow('no such profile');
  });
  it('another version is refused by number', () => {
    expect(() => loadProfile(whole.replace('settleProfile: 1', 'settleProfile: 2'), 'p.yaml')).toThrow();
  });
});
