// The door for a page: everything that needs no Node. index.ts adds what does.
export { explain, SettleError, type ErrorKind, type ErrorPlace } from './errors.ts';

export { parseExpression } from './expr/parse.ts';
export { derivative, simplify } from './expr/derivative.ts';
export { evaluate as evaluateExpression } from './expr/evaluate.ts';
export { call, name, num, print } from './expr/tools.ts';
export type { Tree } from './expr/tree.ts';

export type { DataSet, Examples } from './data/dataset.ts';
export type { Model, Population, Projection, RecordSpec } from './model/model.ts';
export { comparisonSpec, type ComparisonSpec, loadComparison } from './model/comparison.ts';
export { loadModel, type LoadedModel } from './model/load.ts';
export { encodeFrame, encodeHeader, encodeEnd, readContainer, type Container } from './frames/container.ts';
export type { Column, Frame } from './frames/frame.ts';

export { builder, type Builder } from './program/builder.ts';
export type { Assignment, Buffer, Operation, OuterTerm, Program, Sequence } from './program/program.ts';
export type { Backend, Machine, MachineOptions, Values } from './backends/backend.ts';
export { gpujs } from './backends/gpujs.ts';
export { webgpu } from './backends/webgpu.ts';
export { reference } from './backends/reference.ts';
/** In a page: one thread, the caller's own. */
export { wasmBackend as wasm } from './backends/wasm/backend.ts';

export type { Profile } from './hardware/profile/profile.ts';
export { loadProfile } from './hardware/profile/profileLoad.ts';
export { substituted } from './hardware/pass/substitute.ts';
export { chipNetworkOf } from './hardware/check/chipNetwork.ts';
export { checkChip } from './hardware/check/check.ts';
export { energyOf, type Energy, type EventCounts } from './hardware/energy/energy.ts';
export { countsOfLog, countsOfSpikes } from './hardware/energy/eventCounts.ts';
export { denseEnergy, processorEnergy, processors } from './hardware/energy/prices.ts';

export type { Demands, Probe, Progress, RecordedPart, Recipe, Rule } from './learn/rule.ts';
export { type Alignment, alignment, type Angle, angleBetween } from './learn/alignment.ts';
export { ep } from './learn/ep.ts';
export { meanField, type MeanField } from './learn/meanField.ts';
export {
  evaluate,
  train,
  type Evaluation,
  type TrainOptions,
  type TrainResult,
  type TrainState,
} from './learn/trainer.ts';
export { health, healthLine, type HealthItem } from './learn/health.ts';
export { recordExamples } from './learn/record.ts';

export { aedat } from './trace/aedat.ts';
export { readAedat } from './trace/aedatRead.ts';
export { aer, readAer } from './trace/aer.ts';
export { csv, readCsv } from './trace/csv.ts';
export { diffSpikes, type Side, type SpikeDifference } from './trace/diff.ts';
export type { Format, WriteOptions } from './trace/format.ts';
export { npz, readNpz } from './trace/npz.ts';
export { readSafetensors, safetensors } from './trace/safetensors.ts';
export type { SpikeBlock, Spikes } from './trace/spikes.ts';
export { traceSpikes } from './trace/traceSpikes.ts';
export { vcd } from './trace/vcd.ts';
export { readVcd } from './trace/vcdRead.ts';
export { evolve, type EvolveOptions, type GenerationRecord, parallel, reached, serial } from './search/evolve.ts';
export { type Algorithm, type Answer, type Score, type State } from './search/search.ts';
export { decodeSearch, encodeSearch } from './search/state.ts';
export { generational, type Operators } from './search/generational.ts';
export { cmaEs } from './search/cmaes.ts';
export { evolutionStrategy } from './search/evolutionStrategy.ts';
export { evolutionaryProgramming } from './search/evolutionaryProgramming.ts';
export { binaryGeneticAlgorithm, realGeneticAlgorithm } from './search/geneticAlgorithm.ts';
export { geneticProgramming } from './search/geneticProgramming.ts';
export { nsga2 } from './search/nsga2.ts';
export { neat } from './search/neat/neat.ts';
export { networkOf } from './search/neat/network.ts';
export { genomeModel } from './search/neat/model.ts';
export { openSession, type ReadOut, type Session, type SessionOptions, type Training } from './run/session.ts';
export type { Comparison, ComparisonRow } from './report/comparison.ts';
export { comparisonPage } from './report/comparisonPage.ts';
export { comparisonCsv, comparisonText } from './report/comparisonTables.ts';
export { reportPage } from './report/report.ts';
export type { ReportInput } from './report/input.ts';
export { type FrameSource, type FrameStream, frameStream } from './trace/stream.ts';
