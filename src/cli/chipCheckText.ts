// What a check against a profile found, as text for a terminal. It measures nothing.
import { joules } from '../report/chip.ts';
import { inUnits } from '../expr/units.ts';
import type { Core } from '../hardware/check/placement.ts';
import type { Profile } from '../hardware/profile/profile.ts';
import { type Finding, nearly } from '../hardware/check/finding.ts';
import { alignedText } from '../report/table.ts';
import type { ExampleEnergy, ProfileCheck } from '../run/chipCheck.node.ts';
import type { FiCurve } from '../hardware/check/fiCurve.ts';
import { thousands } from './progress.ts';

export function chipCheckText(found: ProfileCheck, profile: Profile): string {
  const parts = [
    `${found.model} on ${found.profile}: ${profile.description}\n`,
    substitutions(found),
    ...found.curves.map(curveText),
    decays(found),
    placementText(found.placement.cores),
    gridText(found),
    trafficText(found),
    energyText(
      found.training || found.error !== null ? 'one inference' : 'the simulated time',
      found.inference,
      profile,
    ),
    energyText('one training example', found.training, profile),
    findingsText(found.findings),
    `${found.line}\n`,
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function substitutions({ substitutions: all }: ProfileCheck): string {
  if (all.length === 0) return '';
  const rows = all.map(({ of, what, wanted, given }) => [of || '-', what, wanted, given]);
  return `what stands for what the chip lacks\n${alignedText({ columns: ['where', 'what', 'model', 'on the chip'], rows })}`;
}

function curveText({ populations, currents, asked, given }: FiCurve): string {
  const rows = currents.map((current, k) => [current.toFixed(3), asked[k]!.toFixed(1), given[k]!.toFixed(1)]);
  return `${populations.join(', ')}: rate at a constant current\n${alignedText({ columns: ['current', "model's neuron, Hz", 'its substitute, Hz'], rows })}`;
}

function decays({ decays: all }: ProfileCheck): string {
  if (all.length === 0) return '';
  const rows = all.map(({ of, what, requested, code, obtained }) => [
    of, what, inUnits(requested), code, nearly(obtained), `${(100 * (obtained / requested - 1)).toFixed(2)} %`,
  ]); // prettier-ignore
  return `time constants on the chip's decay register\n${alignedText({ columns: ['where', 'of', 'requested', 'register', 'obtained', 'off'], rows })}`;
}

const shownCores = 12;

function placementText(cores: readonly Core[]): string {
  const rows = cores.slice(0, shownCores).map((core, k) => [
    k, core.parts.map(({ population, begin, end }) => `${population}[${begin}..${end - 1}]`).join(' '), core.neurons, core.synapses, core.inputAxons, core.outputAxons, core.parameterSets,
  ]); // prettier-ignore
  const rest = cores.length > shownCores ? `and ${thousands(cores.length - shownCores)} more\n` : '';
  return `a simple placement: populations in order, core after core\n${alignedText({ columns: ['core', 'holds', 'neurons', 'synapses', 'senders', 'cores reached', 'parameter sets'], rows })}${rest}`;
}

function gridText({ grid }: ProfileCheck): string {
  if (grid.length === 0) return '';
  const rows = grid.map(({ projection, unit, exponent, largest, maximumError, rmsError, collapsed }) => [
    projection, unit.toPrecision(4), exponent, largest.toFixed(1), maximumError.toPrecision(3), rmsError.toPrecision(3), `${(100 * collapsed).toFixed(2)} %`,
  ]); // prettier-ignore
  return `weights on the chip's grid\n${alignedText({ columns: ['projection', 'a mantissa of 1', 'exponent', 'largest mantissa', 'error at most', 'RMS', 'become 0'], rows })}`;
}

function trafficText({ traffic, busy, error }: ProfileCheck): string {
  if (!traffic) return '';
  const spikes = Object.entries(traffic.spikes)
    .filter(([, count]) => count > 0).map(([name, count]) => `${name} ${count.toFixed(1)}`).join(', '); // prettier-ignore
  const through = traffic.interface;
  const share = busy.share === null ? '' : `, busy for ${(100 * busy.share).toFixed(2)} % of the time`;
  const cycles =
    busy.cyclesPerSecond === null ? '' : `; ${thousands(busy.cyclesPerSecond)} cycles/s for spikes${share}`;
  return (
    `${traffic.examples} ${traffic.examples === 1 ? 'run' : 'examples'} of ${inUnits(traffic.duration)}${error === null ? '' : `, ${(100 * error).toFixed(0)} % read wrongly`}: ` +
    `spikes ${spikes || 'none'}; ${thousands(through.eventsPerSecond)} events/s through the interface, ${thousands(through.peak.events)} in the busiest step (${inUnits(through.peak.begin)}: ${through.peak.names.join(' ')})${cycles}\n`
  );
}

function energyText(title: string, example: ExampleEnergy | null, { sources, time }: Profile): string {
  if (!example) return '';
  const { energy, processors, steps, simulatedSeconds, chipSeconds } = example;
  const shown = (count: number | null): string => (count === null ? 'not counted' : thousands(Math.round(count)));
  const rows = energy.terms.map(({ what, count, price, source, joules: cost, note }) => [
    what, shown(count), joules(price), cost === null ? '-' : joules(cost), [source, note].filter((part) => part !== '').join('; '),
  ]); // prettier-ignore
  const table = energy.table === null ? 'the profile has no prices' : `table ${energy.table} (${energy.scope}): ${energy.conditions}; ${sources[energy.source] ?? energy.source}`;
  const missing = energy.unpriced.length > 0 ? `; not in it: ${energy.unpriced.join(', ')}` : '';
  const clock = chipSeconds === null ? `unknown (time.step is not public)` : `${inUnits(Number(chipSeconds.toPrecision(6)))} at ${inUnits(time.step.value!)} a step`;
  const others = processors.map(({ name, joules: cost, conditions }) => `  the same events, ${name}: ${joules(cost)} (${conditions})\n`).join('');
  return (
    `energy of ${title}; ${table}\n${alignedText({ columns: ['event', 'count', 'price', 'energy', 'source'], rows })}` +
    `total of what is priced: ${joules(energy.joules)}${missing}\n` +
    `time: ${steps} steps, ${inUnits(Number(simulatedSeconds.toPrecision(6)))} simulated; on the chip ${clock}\n${others}`
  );
} // prettier-ignore

const headings = {
  error: 'violations',
  undecided: 'undecided',
  warning: 'warnings: placed, with other results',
} as const;

function findingsText(findings: readonly Finding[]): string {
  return (['error', 'undecided', 'warning'] as const)
    .map((severity) => {
      const some = findings.filter((one) => one.severity === severity);
      if (some.length === 0) return '';
      const line = ({ id, sentence, source, names, count }: Finding): string => {
        const who = names.length === 0 ? '' : ` (${names.join(', ')}${count > names.length ? `, ... ${thousands(count)} in all` : ''})`;
        return `  ${id}: ${sentence}${source === '' ? '' : ` [${source}]`}${who}\n`;
      };
      return `${headings[severity]}\n${some.map(line).join('')}`;
    })
    .filter((part) => part !== '')
    .join('\n');
} // prettier-ignore
