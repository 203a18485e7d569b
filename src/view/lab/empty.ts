/** What people see where no lab was opened yet, or is not read yet. */
import { oneLine } from '../../base/text.ts';
import type { ReadingView } from '../answers.ts';
import { dateTime, formatDuration, formatFixed } from '../format.ts';
import type { TimeView } from '../cost-types.ts';
import type { CountsView, Facts, LabView } from '../types.ts';

export function emptyView(facts: Facts): LabView {
  const problem = facts.ledgerProblem;
  return {
    arena: '(no lab)',
    tag: '',
    metric: { name: 'metric', unit: '', direction: 'minimize', arrow: '↓', decimals: 3 },
    trust: { grade: 'reported', reason: 'nothing was measured yet' },
    state: problem
      ? { kind: 'broken', text: `broken: ${oneLine(problem, 300)}`, isRecordDamaged: true }
      : { kind: 'never run', text: 'never run' },
    verdict: { outcome: 'nothing yet', sentence: 'Nothing has been measured yet.', headline: 'nothing measured yet' },
    claims: [],
    luck: { decided: 0, wouldKeep: 0, short: 'false-positive rate not measured', text: 'not measured yet' },
    sinceBest: {
      experiments: 0,
      seconds: 0,
      text: '',
      long: `0 experiments, ${formatDuration(0)}`,
    },
    counts: NO_COUNTS,
    refusals: [],
    crashes: [],
    time: NO_TIME,
    spend: { text: 'nothing', short: 'nothing' },
    calibration: [],
    standings: [],
    economics: { lines: [], deviceS: 0, confirmedGains: 0 },
    limits: { bars: [] },
    budget: { seconds: 0, countsWords: '', expectedS: 0, wallS: 0 },
    now: [],
    knobs: 0,
    knobList: [],
    paused: false,
    steering: [],
    experiments: [],
    lineage: [],
    segments: [],
    deadEnds: [],
    undecided: [],
    sessions: [],
    health: [],
    next: problem ? ['Check the record: `overnight audit`.'] : ['Start a run: `overnight run`.'],
    ideas: [],
    take: [],
    notes: [],
    finePrint: [],
    tip: facts.tip,
    madeAt: dateTime(facts.now, facts.zoneMinutes ?? 0),
  };
}

/** A ledger that is being read: how far. */
export function readingView(readBytes: number, totalBytes: number): ReadingView {
  const formatMegabytes = (bytes: number): string => formatFixed(bytes / 1e6, 1);
  return {
    share: totalBytes > 0 ? Math.min(1, readBytes / totalBytes) : 0,
    text: `reading the ledger, ${formatMegabytes(readBytes)} of ${formatMegabytes(totalBytes)} MB`,
  };
}

const NO_COUNTS: CountsView = {
  tried: 0,
  kept: 0,
  discarded: 0,
  inconclusive: 0,
  crashed: 0,
  timedOut: 0,
  refused: 0,
  open: 0,
  text: '0 tried',
  detail: '',
};

const NO_DURATION = formatDuration(0);
const NO_TIME: TimeView = {
  sessionsS: 0,
  trainingS: 0,
  startupS: 0,
  evaluatingS: 0,
  guardsS: 0,
  stagesS: 0,
  idleS: 0,
  idleShare: 0,
  longestGapS: 0,
  perExperimentS: 0,
  cpuS: 0,
  experimentsPerHour: 0,
  text: {
    sessions: NO_DURATION,
    training: NO_DURATION,
    startup: NO_DURATION,
    evaluating: NO_DURATION,
    guards: NO_DURATION,
    stages: NO_DURATION,
    idle: NO_DURATION,
    idleShare: '0 %',
    longestGap: NO_DURATION,
    perExperiment: NO_DURATION,
    cpu: NO_DURATION,
    perHour: '0',
  },
};
