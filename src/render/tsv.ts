/**
 * `results.tsv` in upstream's five columns: commit, metric, memory_gb, status, description. For people who have tools
 * for it; the ledger is the record.
 */
import { oneLine } from '../base/text.ts';
import type { Experiment } from '../core/experiment.ts';
import { verdictOf } from '../core/experiment.ts';
import { type LabState, measurementsOf } from '../core/state.ts';
import { mean } from '../base/stats.ts';

export function resultsTsv(state: LabState): string {
  const metric = state.lab?.arena.metric.name ?? 'metric';
  const rows = state.experiments
    .filter((x) => x.state === 'decided' || x.idea.kind === 'baseline')
    .map((x) => row(state, x));
  return `${[`commit\t${metric}\tmemory_gb\tstatus\tdescription`, ...rows].join('\n')}\n`;
}

function row(state: LabState, x: Experiment): string {
  const measured = measurementsOf(state, x.idea.n).flatMap((m) =>
    m.state === 'finished' && m.outcome.kind === 'measured'
      ? [{ value: m.outcome.value, memory: m.conditions.memoryMb }]
      : [],
  );
  const commit = x.state === 'open' || x.state === 'decided' ? x.snapshot.commit.slice(0, 7) : '-------';
  const value = measured.length > 0 ? mean(measured.map((m) => m.value)) : 0;
  const memory = measured.length > 0 ? Math.max(...measured.map((m) => m.memory)) / 1024 : 0;
  return [commit, value.toFixed(6), memory.toFixed(1), statusOf(x), oneLine(x.idea.hypothesis, 200)].join('\t');
}

/** Upstream knows keep, discard and crash. */
function statusOf(x: Experiment): string {
  if (x.idea.kind === 'baseline') return 'keep';
  const verdict = verdictOf(x);
  if (verdict === 'kept') return 'keep';
  return verdict === 'crashed' || verdict === 'timed out' ? 'crash' : 'discard';
}
