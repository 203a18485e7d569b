/** `overnight/search`: seeded, dependency-free optimizers by ask and tell. See docs/search.md. */
export { choose, SAMPLERS, type SamplerChoice, type SamplerName, type SamplerOptions } from './auto.ts';
export { Cma, type CmaOptions, type Sample } from './cma/cma.ts';
export type { CmaSamplerOptions } from './cma/sampler.ts';
export { type SearchCode, SearchError } from './error.ts';
export { type Labelled, learnFeasibility } from './feasibility.ts';
export { front, type Objective } from './pareto-front.ts';
export { type Agreement, agreement, promote } from '../base/rank.ts';
export type { GpOptions } from './gp/sampler.ts';
export { type Direction, stepTo, triedAlone, untried } from './directions.ts';
export { type Aside, Hybrid, type HybridOptions } from './hybrid.ts';
export type { Dim, Param, Value } from './param.ts';
export { Parzen } from './tpe/parzen.ts';
export { type Admission, createSearch, type LogEntry, Search, type SearchOptions } from './search.ts';
export {
  type Constraint,
  createSpace,
  MAX_PARAMS,
  type Point,
  type Space,
  type SpaceSpec,
  type Values,
} from './space.ts';
export type { TpeOptions } from './tpe/tpe.ts';
export type { Ask, Failed, History, Limit, Proposed, Sampler, Told, Trial, TrialOutcome } from './trial.ts';
export {
  brief,
  type Importance,
  importance,
  type ParallelCoordinates,
  parallelCoordinates,
  slice,
} from './findings.ts';
