/**
 * `results.tsv` in upstream's five columns: commit, metric, memory_gb, status, description, for existing tools. The
 * ledger is the record.
 */
import { escapeTsv } from '../base/escape.ts';
import { oneLine } from '../base/text.ts';
import type { Experiment } from '../core/experiment.ts';
import { verdictOf } from '../core/experiment.ts';
import type { Conditions, Outcome } from '../core/outcome.ts';
import { type LabState, measurementsOf } from '../core/state.ts';
import { mean } from '../base/stats.ts';
import { ownDecimals } from '../view/format.ts';

type MeasuredOutcome = Extract<Outcome, { kind: 'measured' }>;

export function resultsTsv(state: LabState): string {
  const metric = state.lab?.arena.metric.name ?? 'metric';
  const rows = state.experiments
    .filter((experiment) => experiment.state === 'decided' || experiment.idea.kind === 'baseline')
    .map((experiment) => experimentRow(state, experiment));
  const headings = ['commit', metric, 'memory_gb', 'status', 'description'];
  return `${[formatRow(headings), ...rows].join('\n')}\n`;
}

const formatRow = (cells: readonly string[]): string => cells.map(escapeTsv).join('\t');

function experimentRow(state: LabState, experiment: Experiment): string {
  const outcomes = measurementsOf(state, experiment.idea.n).flatMap((measurement) =>
    measurement.state === 'finished' && measurement.outcome.kind === 'measured'
      ? [{ value: measurement.outcome.value, memoryMb: memoryOf(measurement.outcome, measurement.conditions) }]
      : [],
  );
  const commit =
    experiment.state === 'open' || experiment.state === 'decided' ? experiment.snapshot.commit.slice(0, 7) : '-------';
  const memoryGb = outcomes.length > 0 ? Math.max(...outcomes.map((outcome) => outcome.memoryMb)) / 1024 : 0;
  return formatRow([
    commit,
    valueText(outcomes.map((outcome) => outcome.value)),
    memoryGb.toFixed(1),
    statusOf(experiment),
    oneLine(experiment.idea.hypothesis, 200),
  ]);
}

const UPSTREAM_DECIMALS = 6;

/**
 * The mean with upstream's six decimals, or with more where the measurements have more digits: a program reads it back
 * as the number that was measured. 0 where nothing was.
 */
function valueText(values: readonly number[]): string {
  const meanValue = values.length > 0 ? mean(values) : 0;
  const hasMoreDigits = values.some((value) => ownDecimals(value) > UPSTREAM_DECIMALS);
  return hasMoreDigits ? String(Number(meanValue.toPrecision(15))) : meanValue.toFixed(UPSTREAM_DECIMALS);
}

/** Upstream's column is the peak of the GPU's memory, which its program prints; where none is printed, the host's. */
const memoryOf = ({ metrics }: MeasuredOutcome, { memoryMb }: Conditions): number =>
  metrics['peak_vram_mb'] ?? memoryMb;

/** Upstream knows keep, discard and crash. */
function statusOf(experiment: Experiment): string {
  if (experiment.idea.kind === 'baseline') return 'keep';
  const verdict = verdictOf(experiment);
  if (verdict === 'kept') return 'keep';
  return verdict === 'crashed' || verdict === 'timed out' ? 'crash' : 'discard';
}
