// Equations in model files: what they become, and what is refused with its place: names, units, dimensions, assignments.
import { describe, expect, it } from 'vitest';
import { explain, SettleError } from '../../src/errors.ts';
import { print } from '../../src/expr/tools.ts';
import { loadNetwork } from '../../src/model/networkLoad.ts';

const good = `
settle: 1
name: t
populations:
  a:
    units: 3
    kind: equations
    equations: |
      dv/dt = (gL*(EL - v) + gL*DT*exp((v - VT)/DT) - w + I)/C : volt (unless refractory)   # potential
      dw/dt = (a*(v - EL) - w)/tauw : amp
      I = x*0.5 nA : amp
    parameters: { C: 281 pF, gL: 30 nS, EL: -70.6 mV, DT: 2 mV, VT: -50.4 mV, a: 4 nS, tauw: 144 ms, x: { distribution: uniform, low: 1, high: 2 } }
    threshold: v > VT + 5*DT
    reset: v = EL; w += 80.5 pA
    refractory: { duration: 2 ms }
    initial: { v: -70.6 mV }
    method: rk4
  b: { units: 3, kind: lif, threshold: 1 mV }
projections:
  a->a: { connect: all-to-all, target: w, weight: 1 pA }
  a->b: { connect: all-to-all, weight: 1 mV }
simulation: { duration: 1 s }
`;
const load = (text: string) => loadNetwork(text, { file: 't.yaml' });

describe('equations in a model file', () => {
  it('become trees over variables, parameters and quantities', () => {
    const { variables, subexpressions, threshold, reset, parameters, method } = load(good).populations[0]!.equations!;
    expect(variables.map(({ name, held }) => [name, held])).toEqual([['v', true], ['w', false]]); // prettier-ignore
    expect(print(variables[1]!.slope)).toBe('(((a * (v - EL)) - w) / tauw)');
    expect(subexpressions.map(({ name, value }) => `${name} = ${print(value)}`)).toEqual(['I = (x * 0.5 nA)']);
    expect(print(threshold!)).toBe('(v > (VT + (5 * DT)))');
    expect(reset.map(({ into, value }) => `${into} = ${print(value)}`)).toEqual(['v = EL', 'w = (w + 80.5 pA)']);
    expect(parameters.find(({ name }) => name === 'C')!.value).toEqual({ kind: 'constant', value: 281e-12 });
    expect(parameters.find(({ name }) => name === '80.5 pA')!.value).toEqual({ kind: 'constant', value: 80.5e-12 });
    expect(method).toBe('rk4');
  });

  it('take units of any spelling, numbers with units, powers and conditions', () => {
    const text = good
      .replace('I = x*0.5 nA : amp', 'I = (v > -60*mV and not (w < 0.1 nA)) ? x*1 µS*2mV : 0.5 mvolt**2*x/(1 mV*10 Mohm) : amp')
      .replace('C: 281 pF', 'C: 2.81e-4 µF').replace('gL: 30 nS', 'gL: 30000 pA/volt').replace('tauw: 144 ms', 'tauw: 0.144 second');
    const { parameters, subexpressions } = load(text).populations[0]!.equations!;
    const value = (name: string) => (parameters.find((parameter) => parameter.name === name)!.value as { value: number }).value; // prettier-ignore
    expect(value('C')).toBeCloseTo(281e-12, 20);
    expect(value('gL')).toBeCloseTo(30e-9, 18);
    expect(value('tauw')).toBe(0.144);
    expect(print(subexpressions[0]!.value)).toContain('((v > -60 mV) and (not (w < 0.1 nA)))');
  }); // prettier-ignore

  it('put subexpressions in the order of their reading', () => {
    const { subexpressions } = load(good.replace('I = x*0.5 nA : amp', 'I = 2*J : amp\n      J = x*0.5 nA : amp')).populations[0]!.equations!; // prettier-ignore
    expect(subexpressions.map(({ name }) => name)).toEqual(['J', 'I']);
  });

  it.each([
    ['volts minus amperes', '*(EL - v) +', '*(EL - w) +', /8:16: populations\.a\.equations: the sides of sub are different quantities: found volt \(EL\) and amp \(w\)/],
    ['the exponential of volts', 'exp((v - VT)/DT)', 'exp(v - VT)', /exp takes plain numbers: found volt/],
    ['a slope that is no volt a second', '- w)/tauw', '- w)*tauw', /dw\/dt is another kind of quantity: found .*expected amp\/second/],
    ['a subexpression of another unit', 'x*0.5 nA : amp', 'x*0.5 nA : volt', /I is another kind of quantity: found amp .*expected volt/],
    ['a comparison of volts with amperes', 'v > VT', 'w > VT', /threshold: the sides of gt are different quantities/],
    ['a power of volts that is no constant', 'x*0.5 nA : amp', 'x*0.5 nA*(v^x)/(1 mV) : amp', /a quantity to a power that is no constant/],
    ['an unknown name', '- w + I', '- w + J', /unknown name: found J, expected one of .*did you mean/],
    ['a missing parameter', 'DT: 2 mV, ', '', /unknown name: found DT/],
    ['an unknown function', 'exp((v', 'exq((v', /unknown function: found exq.*did you mean exp/],
    ['a unit of the wrong kind in a distribution', 'low: 1, high', 'low: 1, high: 2 mV } , y: { distribution: uniform, low: 1, high', /parameters\.x\.high: wrong unit: found "2 mV", volt, expected 1/],
    ['an unknown unit', '281 pF', '281 pQ', /parameters\.C: unknown unit: found "281 pQ"/],
    ['an unknown unit of a variable', ': volt (unless', ': vlt (unless', /unknown unit: found "vlt"/],
    ['a unit of the wrong kind at the start', 'v: -70.6 mV }', 'v: -70.6 ms }', /initial\.v: wrong unit: found "-70\.6 ms", second, expected volt/],
    ['a start of what is no variable', 'initial: { v', 'initial: { vv', /initial\.vv: no such variable: found "vv", expected one of v, w .*did you mean "v"/],
    ['a threshold that is no comparison', 'v > VT + 5*DT', 'v + VT', /threshold: a threshold that is no comparison/],
    ['a reset without a threshold', 'threshold: v > VT + 5*DT\n', '\n', /threshold: a required key is missing/],
    ['an assignment to a parameter', 'v = EL; w', 'v = EL; EL', /reset: an assignment to what is no variable: found "EL \+= 80\.5 pA", expected one of v, w/],
    ['a reset that is no assignment', 'v = EL; w += 80.5 pA', 'v == EL', /reset: not an assignment: found "v == EL"/],
    ['a reset to another kind of quantity', 'w += 80.5 pA', 'w += 80.5 mV', /the reset of w is another kind of quantity: found volt .*expected amp/],
    ['an unknown method', 'method: rk4', 'method: rk5', /method: wrong value: found "rk5", expected euler or exponential-euler or rk2 or rk4/],
    ['exponential Euler of what is not linear', 'method: rk4', 'method: exponential-euler', /method: not linear in its own variable: found dv\/dt/],
    ['the time', '- w + I', '- w + I*(t > 10 ms)', /the time does not stand in equations: found t/],
    ['noise', '- w + I', '- w + I*xi', /noise does not stand in equations: found xi/],
    ['a parameter among the equations', 'I = x*0.5 nA : amp', 'I : amp', /a parameter among the equations: found "I : amp", expected it under `parameters`/],
    ['what is no equation', 'I = x*0.5 nA : amp', 'I is small', /not an equation: found "I is small"/],
    ['an unknown mark', '(unless refractory)', '(unless bored)', /unknown mark: found \(unless bored\)/],
    ['one name for two things', 'I = x*0.5', 'w = x*0.5', /a name for two things: found "w"/],
    ['the name of a function', 'I = x*0.5', 'exp = x*0.5', /not a name of its own: found "exp"/],
    ['a circle of subexpressions', 'I = x*0.5 nA', 'I = I', /reads itself: found I/],
    ['a target that is no variable', 'target: w', 'target: gg', /a->a\.target: a target that is no variable: found "gg", expected the variable that a spike changes: v or w/],
    ['no target', 'target: w, ', '', /a->a\.target: a required key is missing/],
    ['a target where there are no equations', 'a->b: { ', 'a->b: { target: v, ', /a->b\.target: a population of kind lif has no variables/],
    ['a synapse into equations', 'target: w,', 'target: w, synapse: { timeConstant: 5 ms },', /a->a\.synapse: a synapse into equations/],
    ['a weight of another unit', 'weight: 1 pA', 'weight: 1 mV', /a->a\.weight: wrong unit: found "1 mV", volt, expected amp/],
    ['an unknown key', 'threshold: v', 'treshold: v', /populations\.a\.treshold: unknown key.*equations, parameters, threshold.*did you mean "threshold"/],
    ['an unknown kind', 'kind: equations', 'kind: equation', /kind: wrong value: found "equation", expected lif, integrate-and-fire, equations/],
  ] as const)('%s is refused with its place', (_, find, replace, says) => {
    expect(good).toContain(find);
    const text = good.replace(find, replace);
    let said = '';
    try {
      load(text);
    } catch (error) {
      expect(error).toBeInstanceOf(SettleError);
      said = explain(error as SettleError);
    }
    expect(said).toMatch(says);
    expect(said).toMatch(/^t\.yaml:\d+:\d+: /);
  }); // prettier-ignore
});
