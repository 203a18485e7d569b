/** What one measurement gives: a number, or the class of a failure; and under what conditions. */
import type { StoredItems } from './item-record.ts';
import type { ModelUses } from './model-use.ts';

/** Why a measurement is made. Its number counts for the experiment, except with `screen` and `holdout`. */
export type Purpose =
  /** A screening run: shorter, and compared with other screening runs alone. */
  | 'screen'
  /** A repeat of the baseline before the first idea. */
  | 'calibrate'
  /** The first of a candidate. */
  | 'idea'
  /** A further one of a candidate, or of the incumbent. */
  | 'replicate'
  /** A fresh one for a claim; it plays no part in selecting code. */
  | 'confirm'
  /** Baseline or champion on a schedule: has the machine changed? */
  | 'drift'
  /** Part of the final comparison. */
  | 'final'
  /** A run whose artefact the holdout scores; with a pipe, a second run for the holdout follows it. */
  | 'holdout';

/** Where the fault lies when a measurement gives no number. */
export type FailureClass =
  /** The candidate ended with a status other than 0. */
  | 'exit'
  /** The candidate was ended by a signal. */
  | 'signal'
  /** It needed more memory than `resources.memory_mb`. */
  | 'out-of-memory'
  /** It started more processes than `resources.pids`. */
  | 'too-many-processes'
  /** It used more processor time than `resources.cpus` cores have in that time. */
  | 'too-much-processor'
  /** It wrote more than `resources.disk_mb`. */
  | 'disk'
  /** It printed more than the harness keeps. */
  | 'output-flood'
  /** Its numbers were not finite, by its own words. */
  | 'nan'
  /** Shapes of arrays did not fit, by its own words. */
  | 'shape'
  /** A module was missing, by its own words. */
  | 'import'
  /** Data were missing or wrong, by its own words. */
  | 'data'
  /** A declared artefact is missing, or is not a regular file. */
  | 'no-artefact'
  /** A guard command failed. */
  | 'guard'
  /** The evaluator ended with a status other than 0, or by a signal or a limit. */
  | 'evaluator-exit'
  /** The evaluator ran longer than its hard limit. */
  | 'evaluator-timeout'
  /** The evaluator wrote no result. */
  | 'evaluator-silent'
  /** The evaluator wrote more than the harness keeps. */
  | 'evaluator-flood'
  /** The result does not name the metric. */
  | 'metric-missing'
  /** The result names the metric, or another one, twice. */
  | 'metric-twice'
  /** The metric is not a number. */
  | 'metric-nan'
  /** The metric is infinite. */
  | 'metric-infinite'
  /** The metric is some other text. */
  | 'metric-text'
  /** The metric lies outside `metric.plausible`. */
  | 'metric-implausible'
  /** The metric is too large to compute with, or the baseline's too close to zero. */
  | 'metric-range'
  /** The evaluator reported no items, or none for a part of its measurements. */
  | 'items-missing'
  /** The items cannot be read: a column, a value, an id that is there twice. */
  | 'items-text'
  /** There are too few items to compare, or more than are kept. */
  | 'items-count'
  /** The items are not those of the baseline. */
  | 'items-changed'
  /** The items belong to another measurement. */
  | 'items-foreign'
  /** The items do not add up to the metric. */
  | 'items-differ'
  /** The result does not carry this measurement's secret. */
  | 'nonce'
  /** Frozen files changed between commit and run, or while it ran. */
  | 'frozen-changed'
  /** The candidate says that it ran under another seed than the harness gave it. */
  | 'seed'
  /** The number came without the time or the work that `minimum` asks for. */
  | 'too-little-work'
  /** Data changed while it ran. */
  | 'data-changed'
  /** It worked much longer than the baseline before its start signal, where no clock runs. */
  | 'slow-start'
  /** It ran longer than its hard limit, or its training clock ended before the artefact was written. */
  | 'timeout'
  /** It failed after a request to a model went beyond `model.budget`. */
  | 'model-budget'
  /** It failed after it asked for a model that `model.allow` does not name. */
  | 'model-refused'
  /** The provider fails over its requests to a model, and answers those of the harness. */
  | 'model-failed'
  /** The person or the machine stopped it and it is repeated; or the harness failed over it, twice. */
  | 'infrastructure';

/** Secondary metrics that only the harness writes: what it measures, and what it makes of an evaluator's numbers. */
export const OWN_METRICS: ReadonlySet<string> = new Set([
  'memory_mb',
  'wall_s',
  'cpu_s',
  'budgeted_s',
  'sample_sd',
  'before_penalties',
]);

export type Outcome =
  | {
      readonly kind: 'measured';
      readonly value: number;
      /** Secondary metrics that the evaluator wrote, and those that the harness measured (memory_mb, wall_s, cpu_s). */
      readonly metrics: Readonly<Record<string, number>>;
      /** Single values that the metric was made of, where the evaluator wrote them. */
      readonly samples?: readonly number[];
    }
  | { readonly kind: 'crashed' | 'timed out'; readonly class: FailureClass; readonly message: string };

/** Under what conditions a measurement was made. Seconds and MiB. */
export interface Conditions {
  /** Before the training clock started, as that clock counts: seconds of the wall, or of the processors. */
  readonly startupS: number;
  /** On the training clock. */
  readonly budgetedS: number;
  /** The candidate's whole run. */
  readonly wallS: number;
  readonly cpuS: number;
  /** The evaluator's run. */
  readonly evaluateS: number;
  /** The most that was in use at once. */
  readonly memoryMb: number;
  /** Who counted processor time and memory: the kernel, or samples of the process list. */
  readonly accounting: 'cgroup' | 'sampled';
  /** The training clock ended the candidate. */
  readonly cut: boolean;
  /** One-minute load of the machine before the start. */
  readonly load: number;
  /** What the harness noticed about the run; no number depends on it. */
  readonly remark?: string;
  /** What it used of models, where the manifest has `model`. */
  readonly models?: ModelUses;
  /** Hash of the artefact's bytes. */
  readonly artefact?: string;
  /** Hash of the effective configuration that the candidate echoed. */
  readonly config?: string;
  /** Blob of the output as kept. */
  readonly log?: string;
  /** Blob of the training curve. */
  readonly curve?: string;
  /** Blobs of the items and how many there are, where `decide.rule` is `items`. */
  readonly items?: StoredItems;
  /** Blob of the names of the items that a failure is about: `show` prints it to the person. */
  readonly itemNote?: string;
}
