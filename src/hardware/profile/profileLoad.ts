// Text -> Profile: one reader, all units into SI, every value with its source. What contradicts itself is refused.
import type { SettleError } from '../../errors.ts';
import { type Dimension, quantity } from '../../expr/units.ts';
import { type Issue, schemaError } from '../../model/refusal.ts';
import { type ModelText, modelText } from '../../model/text.ts';
import { quantities } from '../../model/quantities.ts';
import type { Devices, EnergyTable, Known, Profile } from './profile.ts';
import { converterFields, deviceFields, type Field, prices, profileSchema, sections } from './profileSchema.ts';

type Raw = Readonly<Record<string, unknown>>;

/** @throws SettleError of kind `input`: file, line, path, what was found and what was expected */
export function loadProfile(text: string, file: string, overrides: readonly string[] = []): Profile {
  const source = modelText(text, file, overrides);
  const checked = profileSchema.safeParse(source.value);
  if (!checked.success) throw schemaError(source, checked.error.issues[0] as Issue, profileSchema);
  const raw = checked.data as unknown as Raw & { sources: Record<string, string> };
  const reader = readerOf(source, raw.sources);
  const sectionsRead = Object.fromEntries(
    Object.entries(sections).map(([key, fields]) => [key, reader.section([key], fields, raw[key] as Raw | undefined)]),
  );
  const { devices, converters, energy, substitutes } = raw as {
    devices?: Raw & { model: Devices['model'] };
    converters?: Raw;
    substitutes?: Partial<Profile['substitutes']>;
    energy?: readonly (Raw & { prices: Raw })[];
  };
  const profile = {
    settleProfile: 1,
    name: raw['name'],
    kind: raw['kind'],
    description: raw['description'],
    sources: raw.sources,
    ...sectionsRead,
    substitutes: {
      synapse: 'exponential', leak: 'exponential', reset: 'same', inputCurrent: 'current', refractory: 'same', floor: 'same', ...substitutes,
    },
    stateCopy: reader.one(['stateCopy'], { kind: 'truth', about: '' }, raw['stateCopy'], ''),
    learning: reader.one(['learning'], { kind: 'text', about: '' }, raw['learning'], ''),
    devices: devices ? { model: devices.model, ...reader.section(['devices'], deviceFields, devices) } : null,
    converters: converters ? reader.section(['converters'], converterFields, converters) : null,
    energy: (energy ?? []).map((table, k) => ({
      ...table,
      prices: reader.section(['energy', k, 'prices'], prices, { ...table.prices, source: table['source'] }),
    })) as unknown as EnergyTable[],
  } as unknown as Profile; // prettier-ignore
  checkOrder(source, profile);
  return profile;
}

function readerOf(source: ModelText, sources: Readonly<Record<string, string>>) {
  const { located } = quantities(source);
  const named = (path: readonly PropertyKey[], name: string): string => {
    if (name !== '' && !Object.hasOwn(sources, name))
      throw source.at(path, 'unknown source', {
        found: `"${name}"`,
        expected: Object.keys(sources).join(' or ') || 'a name in sources',
      });
    return name;
  };
  function one(path: readonly PropertyKey[], field: Field, raw: unknown, from: string): Known<unknown> {
    if (raw === undefined) return { value: null, source: '' };
    const long = typeof raw === 'object' && raw !== null ? (raw as { value: unknown; source: string }) : null;
    const given = long ? long.value : raw;
    const origin = named([...path, ...(long ? ['source'] : [])], long ? long.source : from);
    const units = ['time', 'energy'].includes(field.kind);
    if (given === 'unknown') return { value: null, source: origin };
    if (given === 'unlimited') return { value: Infinity, source: origin };
    if (!units) return { value: given, source: origin };
    const value = located(path, () => quantity(given as string, field.kind as Dimension));
    if (value < 0) throw source.at(path, 'may not be negative', { found: `"${String(given)}"`, expected: '0 or more' });
    return { value, source: origin };
  }
  function section(path: readonly PropertyKey[], fields: Readonly<Record<string, Field>>, raw: Raw | undefined) {
    const from = (raw?.['source'] as string | undefined) ?? '';
    named([...path, 'source'], from);
    return Object.fromEntries(
      Object.entries(fields).map(([key, field]) => [key, one([...path, key], field, raw?.[key], from)]),
    );
  }
  return { one, section };
}

/** Least above greatest, ranges without 0, shares above 1. @throws SettleError */
function checkOrder(source: ModelText, profile: Profile): void {
  const ordered = (section: string, low: string, high: string): void => {
    const part = (profile as unknown as Record<string, Record<string, Known<number>> | null>)[section];
    const [least, greatest] = [part?.[low]?.value ?? null, part?.[high]?.value ?? null];
    if (least !== null && greatest !== null && least > greatest)
      throw source.at([section, low], 'the least is above the greatest', {
        found: `${low} ${least}, ${high} ${greatest}`,
        expected: `${low} at most ${high}`,
      });
  };
  for (const section of ['weight', 'threshold', 'refractory', 'delay', 'devices'])
    ordered(section, 'minimum', 'maximum');
  ordered('weight', 'exponentMinimum', 'exponentMaximum');
  const refuse = (path: string[], message: string, found: string, expected: string): SettleError =>
    source.at(path, message, { found, expected });
  const { devices } = profile;
  if (!devices) return;
  const [low, high, step] = [devices.minimum.value, devices.maximum.value, devices.step.value];
  if (low === null || high === null || step === null)
    throw refuse(['devices'], 'a device needs a step and a range', 'unknown', 'step, minimum and maximum');
  if (low > 0 || high < 0) throw refuse(['devices', 'minimum'], 'the range of a device must contain 0', `${low} to ${high}`, 'minimum at most 0, maximum at least 0'); // prettier-ignore
  if (devices.model === 'soft-bounds' && (low >= 0 || high <= 0))
    throw refuse(['devices', 'minimum'], 'soft bounds lie on either side of 0', `${low} to ${high}`, 'minimum below 0, maximum above 0'); // prettier-ignore
  if (step <= 0) throw refuse(['devices', 'step'], 'a pulse must move a device', String(step), 'above 0');
  if ((devices.stuck.value ?? 0) > 1) throw refuse(['devices', 'stuck'], 'a share', String(devices.stuck.value), '0 to 1'); // prettier-ignore
}
