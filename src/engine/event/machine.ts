// A machine whose phases run from spike to spike: a backend's machine does drives, initial potentials and updates; each example
// goes through its phases on one event engine and leaves mean activities and spike counts in the same buffers.
import type { Backend, Machine, MachineOptions, Values } from '../../backends/backend.ts';
import { SettleError } from '../../errors.ts';
import { compile } from '../../expr/evaluate.ts';
import { namesOf } from '../../expr/tools.ts';
import type { Tree } from '../../expr/tree.ts';
import type { Model } from '../../model/model.ts';
import type { EventSlot, Program, Sequence } from '../../program/program.ts';
import { targetBuffer } from '../clocked.ts';
import { courseOf, type Standing } from './course.ts';
import { referenceEventEngine } from './reference.ts';
import { wasmEventEngine } from './wasm.ts';
import { modelNetwork } from './modelNetwork.ts';

/** The backend for a model of `engine: event`: float64 and the reference engine with `reference`, the fast one otherwise. */
export function eventBackend(backend: Backend, model: Model): Backend {
  return {
    name: backend.name,
    open: async (program: Program, options: MachineOptions) =>
      eventMachine(await backend.open(program, options), model),
  };
}

type Part =
  | { readonly by: 'machine'; readonly sequence: Sequence; readonly begins: boolean }
  /** `goes on`: more of the same examples' phases follow after slots of the machine. */
  | { readonly by: 'engine'; readonly slots: readonly (readonly [EventSlot, number])[]; readonly goesOn: boolean };

function partsOf(sequence: Sequence, events: ReadonlyMap<string, EventSlot>): Part[] {
  const parts: Part[] = [];
  for (const step of sequence) {
    const what = events.get(step[0]);
    const last = parts.at(-1);
    if (what && what.does !== 'begin') {
      if (last?.by === 'engine') parts[parts.length - 1] = { ...last, slots: [...last.slots, [what, step[1]]] };
      else parts.push({ by: 'engine', slots: [[what, step[1]]], goesOn: false });
    } else if (last?.by === 'machine')
      parts[parts.length - 1] = { by: 'machine', sequence: [...last.sequence, step], begins: last.begins || what !== undefined }; // prettier-ignore
    else parts.push({ by: 'machine', sequence: [step], begins: what !== undefined });
  }
  return parts.map((part, k) => {
    const next = parts.slice(k + 1).find(({ by }) => by === 'engine');
    const begun = parts.slice(k + 1).some((later) => later.by === 'machine' && later.begins);
    return part.by === 'engine' ? { ...part, goesOn: next !== undefined && !begun } : part;
  });
}

function eventMachine(machine: Machine, model: Model): Machine {
  const events = machine.program.events ?? new Map<string, EventSlot>();
  const wiring = modelNetwork(model);
  const { network, neurons } = wiring;
  const engine = (machine.backend === 'reference' ? referenceEventEngine : wasmEventEngine)(network);
  const course = courseOf(engine, wiring, model);
  const cost = model.cost ? neurons.findIndex(({ name }) => name === model.cost!.on) : -1;
  const parameters = new Map<string, number>();
  const plans = new WeakMap<Sequence, Part[]>();
  let examples = machine.batch;
  /** What the examples begin with, [example, unit] by population; read where they do. */
  let drives: Values[] = [];
  let potentials: Values[] = [];
  let fresh = false;
  /** Of examples that are not in the engine; which one is. */
  let standing: Standing[] = [];
  let live = -1;

  const valueOf = (tree: Tree): number => {
    const names = [...namesOf(tree)];
    return compile(tree, names)(Float64Array.from(names, (name) => parameters.get(name) ?? 0));
  };
  const readAll = (part: string): Promise<Values[]> =>
    Promise.all(neurons.map(({ name }) => machine.read(`${name}.${part}`)));

  async function begin(): Promise<void> {
    [drives, potentials] = [await readAll('drive'), await readAll('v')];
    drives.forEach((values, p) => {
      const broken = values.findIndex((value) => !Number.isFinite(value));
      if (broken >= 0)
        throw new SettleError('training has diverged', {
          kind: 'input', path: `${neurons[p]!.name}.drive`, found: String(values[broken]), expected: 'finite numbers', hint: 'lower learning.rates or warm them up (learning.warmup)',
        }); // prettier-ignore
    });
    course.weights(await Promise.all(wiring.synapses.map(({ name }) => machine.read(`${name}.weight`))));
  }

  /** Takes every example through the slots, one after the other. */
  async function settle({ slots, goesOn }: { slots: readonly (readonly [EventSlot, number])[]; goesOn: boolean }): Promise<void> {
    if (fresh) await begin();
    const targets = cost >= 0 && slots.some(([what]) => what.does === 'advance' && what.nudge) ? await machine.read(targetBuffer) : null; // prettier-ignore
    const sums = new Map<string, Values>();
    const todo = [];
    for (const [what, times] of slots) {
      if (what.does !== 'advance') {
        todo.push({ what: what.does });
        continue;
      }
      const into: { population: number; sum: Values; weight: number }[] = [];
      for (const [population, { into: name, weight }] of Object.entries(what.average)) {
        if (!sums.has(name)) sums.set(name, await machine.read(name));
        into.push({ population: neurons.findIndex((p) => p.name === population), sum: sums.get(name)!, weight: valueOf(weight) }); // prettier-ignore
      }
      todo.push({ what, times, into, beta: what.nudge ? valueOf(what.nudge.beta) : 0 });
    }
    const spikes = await Promise.all(neurons.map(({ name }) => machine.read(`${name}.list.count`)));
    // Traces are for updates at the end of a phase; the rest is for whoever watches one example.
    const keys = examples === 1 ? ['s', 'v', 'spike'] : ['s'];
    const shown = await Promise.all(keys.map(readAll));

    for (let e = 0; e < examples; e++) {
      if (fresh) course.begin((p) => part(potentials[p]!, p, e), (p) => part(drives[p]!, p, e)); // prettier-ignore
      else if (live !== e) {
        const from = standing[e];
        if (!from) throw new SettleError('these examples have to begin again', { kind: 'defect' });
        course.resume(from, (p) => part(drives[p]!, p, e));
      }
      live = e;
      for (const step of todo) {
        if (step.what === 'save' || step.what === 'restore') course[step.what]();
        else if (typeof step.what === 'object') {
          const { nudge, thinned, seconds } = step.what;
          course.thin(thinned);
          course.nudge(step.beta!, nudge, targets ? part(targets, cost, e) : null);
          course.advance(step.times!, seconds, (n, p, mean) => {
            for (const { population, sum, weight } of step.into!)
              if (population === p) sum[e * neurons[p]!.units + n]! += weight * mean;
          });
        }
      }
      spikes.forEach((counts, p) => (counts[2 * e + 1]! += course.spikes(p)));
      course.show((p, n, values) => shown.forEach((all, k) => (all[p]![e * neurons[p]!.units + n] = values[k]!)), examples === 1); // prettier-ignore
      if (goesOn && examples > 1) standing[e] = course.standing();
    }
    if (!goesOn && examples > 1) [standing, live] = [[], -1];
    fresh = false;
    for (const [name, values] of sums) await machine.write(name, values);
    for (const [p, { name }] of neurons.entries()) {
      await machine.write(`${name}.list.count`, spikes[p]!);
      for (const [k, key] of keys.entries()) await machine.write(`${name}.${key}`, shown[k]![p]!);
    }
  } // prettier-ignore

  const part = (values: Values, p: number, e: number): Values =>
    values.subarray(e * neurons[p]!.units, (e + 1) * neurons[p]!.units);

  async function perform(sequence: Sequence): Promise<void> {
    const parts = plans.get(sequence) ?? partsOf(sequence, events);
    plans.set(sequence, parts);
    for (const each of parts) {
      if (each.by === 'engine') await settle(each);
      else {
        await machine.perform(each.sequence);
        if (each.begins) [fresh, standing, live] = [true, [], -1];
      }
    }
  }

  return {
    ...machine,
    use(count) {
      machine.use(count);
      if (count !== examples) [standing, live] = [[], -1];
      examples = count;
    },
    run: (slot, times = 1) => perform([[slot, times]]),
    perform,
    setParameter(name, value) {
      machine.setParameter(name, value);
      parameters.set(name, value);
    },
  };
}
