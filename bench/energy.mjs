// Writes bench/ENERGY.md: events of one inference and one training example of models/mnist.yaml, priced by every table that is
// public, and EqSpike's claim recomputed from them. Called by results.mjs; counts are of the network as it is, not of a chip's substitute.
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const epochExamples = 10000;
const examples = 20;
/** Chips with public prices, and their tables. */
const tables = [
  ['loihi-1', 'Davies2018'],
  ['loihi-1', 'SANA-FE'],
  ['spinnaker-2', 'prototype'],
  ['truenorth', 'chip average'],
  ['odin', 'Frenkel2019'],
];
const encodings = ['current', 'regular'];

const whole = (count) => (count === null ? 'not counted' : Math.round(count).toLocaleString('en'));
const times = (ratio) => `${Number(ratio.toPrecision(2)).toLocaleString('en')} x`;
/** Joules with a prefix. */
function joules(value) {
  if (value === null) return 'unknown';
  const k = Math.min(5, Math.max(0, Math.floor(Math.log10(value) / 3) + 5));
  return `${Number((value * 10 ** (15 - 3 * k)).toPrecision(3))} ${['f', 'p', 'n', 'u', 'm', ''][k]}J`;
}
const row = (cells) => `| ${cells.join(' | ')} |`;
const table = (columns, rows) => [row(columns), row(columns.map(() => '---')), ...rows.map(row)].join('\n');

/** Trains once; the run is kept under runs/. */
function trained(root) {
  const out = join(root, 'runs', 'results', 'energy-mnist');
  const done = existsSync(join(out, 'report.html'));
  if (!done)
    execFileSync(
      process.execPath,
      [join(root, 'dist/cli.js'), 'run', 'mnist', '--epochs', '1', '--set', `data.train=${epochExamples}`, '--out', out, ...(existsSync(out) ? ['--resume'] : [])],
      { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
    ); // prettier-ignore
  return out;
}

export async function energy(root) {
  const {
    chipNetworkOf,
    countEvents,
    denseEnergy,
    energyOf,
    processorEnergy,
    processors,
    readModel,
    readProfile,
    weightsLeft,
  } = await import(join(root, 'dist/node.js'));
  const from = weightsLeft(trained(root));
  const found = [];
  for (const encode of encodings)
    for (const [name, energyTable] of tables) {
      const { model } = readModel('mnist', { set: [`populations.x.encode=${encode}`] });
      const { profile } = readProfile(name);
      const network = chipNetworkOf(model, profile);
      const events = await countEvents(model, { profile, network, constrained: false, from, examples, threads: 2 });
      for (const [example, counts] of [['inference', events.inference], ['training', events.training]]) // prettier-ignore
        found.push({ encode, name, energyTable, example, counts, cost: energyOf(counts, profile, energyTable), error: events.error, profile }); // prettier-ignore
    }
  const weights = 784 * 300 + 300 * 10;
  const text = `${[head(found), counted(found), processed(), claim(), caveats(found)].join('\n\n')}\n`;
  const { format } = await import('prettier');
  writeFileSync(join(root, 'bench/ENERGY.md'), await format(text, { parser: 'markdown', printWidth: 120 }));
  return text;

  function head(all) {
    const errors = encodings.map((encode) => `${(100 * all.find((one) => one.encode === encode).error).toFixed(0)} % with encode: ${encode}`); // prettier-ignore
    return `# Energy\n\nMade by \`npm run results -- energy\`: models/mnist.yaml (784-300-10, ${epochExamples.toLocaleString('en')} training images, one epoch), means of ${examples} images; read wrongly of them: ${errors.join(', ')}. Counts times the prices of a profile's table (hw-profiles/), the network as the model has it; nothing here is measured. One inference is 120 ms, one training example 300 ms (free phase and two nudged ones), weights are written once a batch of 20.`;
  }

  function counted(all) {
    const keys = ['synapticEvents', 'neuronUpdates', 'neuronUpdatesIdle', 'spikes', 'hops', 'weightUpdates', 'multiplyAccumulates']; // prettier-ignore
    const columns = ['profile, table', 'example', 'synaptic events', 'updates with input', 'without', 'spikes', 'hops', 'weights written', 'input MACs', 'energy of what is priced', 'without a price']; // prettier-ignore
    return encodings
      .map((encode) => {
        const rows = all
          .filter((one) => one.encode === encode)
          .map(({ name, energyTable, example, counts, cost }) => [`${name}, ${energyTable}${cost.scope === 'all-in' ? ' (all in)' : ''}`, example, ...keys.map((key) => whole(counts[key])), joules(cost.joules), cost.unpriced.join(', ') || '-']); // prettier-ignore
        const what = { current: 'Inputs as constant currents: where the chip has an input for them (loihi-1, spinnaker-2) the host multiplies by the input weights and keeps them, so that neither the products nor the writes are on the chip', regular: 'Inputs as regular spikes of at most 200 Hz' }[encode]; // prettier-ignore
        return `## \`encode: ${encode}\`\n\n${what}.\n\n${table(columns, rows)}`;
      })
      .join('\n\n');
  }

  function processed() {
    const rows = ['inference', 'training'].flatMap((example) => [
      ...encodings.map((encode) => {
        const { counts } = found.find((one) => one.encode === encode && one.example === example && one.name === 'odin');
        return [`${example}, the same events, encode: ${encode}`, ...processorEnergy(counts).map((one) => joules(one.joules))]; // prettier-ignore
      }),
      [`${example}, a network of values 784-300-10${example === 'training' ? ' (backpropagation, 3 MACs a weight)' : ''}`, ...denseEnergy(weights, example === 'training').map((one) => joules(one.joules))], // prettier-ignore
    ]);
    const all = denseEnergy(weights, false);
    const sources = all.map(({ name, source, conditions }) => `- ${name}: ${source}; ${conditions}.`).join('\n');
    return `## Processors\n\nOperations times published prices: one add a synaptic event, 3 adds and 5 products a neuron update, one of each a multiply-accumulate or a weight written. No power was measured here, so a board's time is not in it.\n\n${table(['work', ...all.map(({ name }) => name)], rows)}\n\n${sources}`; // prettier-ignore
  }

  function claim() {
    const gpu = (training) => denseEnergy(weights, training).find(({ name }) => name.startsWith('GPU')).joules;
    const { add, multiply } = processors[0];
    const cells = encodings.flatMap((encode) =>
      tables.map(([name, energyTable]) => {
        const of = (example) => found.find((one) => one.encode === encode && one.name === name && one.energyTable === energyTable && one.example === example); // prettier-ignore
        const ratio = (example) => {
          const { counts, cost } = of(example);
          const priced = gpu(example === 'training') / cost.joules;
          const products = gpu(example === 'training') / (cost.joules + counts.multiplyAccumulates * (add + multiply));
          return { priced, products };
        };
        const [inference, training] = [ratio('inference'), ratio('training')];
        const rest = of('training')
          .cost.unpriced.filter((what) => !what.startsWith('multiply'))
          .join(', ');
        return {
          reached: [inference.products >= 1000, training.products >= 100],
          row: [`${name}, ${energyTable}, ${encode}`, times(inference.priced), times(inference.products), times(training.priced), times(training.products), rest || '-'],
        }; // prettier-ignore
      }),
    );
    const columns = ['profile, table, encode', 'inference: GPU / chip', 'with input products', 'training: GPU / chip', 'with input products', 'still without a price']; // prettier-ignore
    const verdict = (k) => (cells.every(({ reached }) => reached[k]) ? 'confirmed' : cells.some(({ reached }) => reached[k]) ? 'confirmed under some tables only' : 'not confirmed'); // prettier-ignore
    return `## EqSpike's claim\n\nMartin et al. (iScience 2021, arXiv 2010.07859) estimate that their network in silicon takes three orders of magnitude less energy than GPUs for inference and two for training. They measured nothing, and of their assumptions we have read the abstract alone. From our counts, against a GPU that runs a network of values of the same size at 0.3 nJ a multiply-accumulate (${joules(gpu(false))} an inference, ${joules(gpu(true))} a training example); "with input products" adds what the host multiplies at ${joules(add + multiply)} each, the bound above:\n\n${table(columns, cells.map(({ row: shown }) => shown))}\n\n**Inference by three orders (1,000 x): ${verdict(0)}. Training by two orders (100 x): ${verdict(1)}.** Assumed: the GPU is fully busy (large batches), its price is of 28 nm boards, it trains by backpropagation with three multiply-accumulates a weight; the chip's prices are those of its table, and what has no price is free. A GPU that ran the same spikes step by step would cost what the row of the same events says; one that takes single images pays its idle power too, which would need a measurement.`; // prettier-ignore
  }

  function caveats(all) {
    const { profile, counts } = all.find((one) => one.name === 'loihi-1' && one.encode === 'regular' && one.example === 'training'); // prettier-ignore
    const write = profile.energy[0].prices.weightUpdate.value;
    const each = counts.weightUpdates * 20;
    return `## What is not in it\n\nWeights written after every example instead of every batch of 20 would be ${whole(each)} writes and ${joules(each * write)} an example at ${joules(write)} each (Davies2018), on ${joules(counts.weightUpdates * write)} here. Hops are counted on a simple placement, cores in a row, inputs entering at core 0. None of these networks fits odin or truenorth as it is (\`settle check mnist --profile odin\`): their rows are counts times a price, not a mapping. Leakage, clocks and hosts are in the all-in prices only.`; // prettier-ignore
  }
}
