// The public door: import { readModel, runModel } from 'settle'. README.md and test/run/library.test.ts show it in use.
export * from './index.browser.ts';
// In place of those for a page: WebGPU comes from the package webgpu.
export { gpujs } from './backends/gpujs.node.ts';
export { webgpu } from './backends/webgpu.node.ts';
export { wasm } from './backends/wasm/backend.node.ts';
export { loadDataSet } from './data/load.node.ts';
export { bundledProfiles, readProfile } from './hardware/profile/profileRead.node.ts';
export { openTrace, type TraceFile, writeChunksAtomic } from './frames/files.node.ts';
export { readModel } from './model/read.node.ts';
export { checkModelOnChip, checkNetworkOnChip, countEvents, type ProfileCheck } from './run/chipCheck.node.ts';
export { exportRtl, integerAccuracy, openInteger, type RtlOptions, type RtlResult } from './run/rtl.node.ts';
export { energyOfRun, type RunEnergy } from './run/energy.ts';
export { weightsLeft } from './run/weights.node.ts';
export { compare, type CompareOptions, type CompareOutcome } from './run/compare.node.ts';
export { loadEvolution } from './model/evolution.ts';
export { runEvolution, type EvolveResult } from './run/evolve.node.ts';
export { jobPool, type JobRunner } from './run/jobPool.node.ts';
export { slurmJobs, type SlurmOptions } from './run/slurm.node.ts';
export { sweep, type SweepOptions, type SweepOutcome } from './run/sweep.node.ts';
export { loadSweep, type SweepSpec } from './model/sweep.ts';
export { reproduce, type Reproduction } from './run/reproduce.node.ts';
export { run as runModel, type RunOptions, type RunOutcome } from './run/run.node.ts';
export type { RunResult } from './run/figures.ts';
export type { LiveControls, LiveView } from './run/live.ts';
export type { Change, Command } from './run/steering.ts';
export { openSpikes } from './trace/open.node.ts';
export { writeSonata } from './trace/sonata.node.ts';
