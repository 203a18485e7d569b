/**
 * The library: `openLab`, then `ask`, `measure`, `tell` on the lab, or `run`, which is those three in a loop.
 *
 * @example
 * const { lab, close } = await openLab({ folder: 'arenas/hello', limits: { experiments: 5 } });
 * for (let job = await lab.ask(); job.do === 'measure'; job = await lab.ask()) {
 *   await lab.tell(job, await lab.measure(job));
 * }
 * close();
 */
export { LabError } from './base/error.ts';
export type { Arena, Knob } from './core/arena.ts';
export type { LedgerEvent, Outcome, Decision } from './core/event.ts';
export { type Experiment, type Measurement, verdictOf } from './core/experiment.ts';
export type { Brief, FileEdit, Proposal, Proposer, Sandbox } from './core/ports.ts';
export { type LabState, measurementsOf } from './core/state.ts';
export type { Job, Lab, Stop, TellResult as Told } from './loop/lab.ts';
export { run } from './loop/run.ts';
export { type HybridProposerOptions, hybridProposer } from './proposers/hybrid.ts';
export { searchProposer } from './proposers/search.ts';
export { type OpenedLab, type OpenOptions, openLab } from './app/open-lab.ts';
