/** Whether a request of a person can be applied to a lab as it stands. */
import { type Experiment, valueOf } from './experiment.ts';
import { codeOf, isRuledOut, type LabState, lineage } from './state.ts';
import { isAnnotation, type LabRequest } from './requests.ts';

const KIND_NAMES = { baseline: 'the baseline', control: 'a control', ablation: 'an ablation' } as const;

/** Why a request cannot be applied as things stand; undefined where it can. */
export function whyRefused(
  state: Pick<LabState, 'lab' | 'experiments' | 'measurements' | 'incumbent' | 'champion' | 'steering'>,
  request: LabRequest,
): string | undefined {
  const { lab, experiments, measurements, incumbent } = state;
  if (request.verb === 'confirm') return whyNoClaim(state, request.n);
  if (request.verb === 'combine') return whyNotCombined(state, request.of);
  const unknown = request.verb === 'note' ? request.learned?.experiments?.find((n) => !experiments[n]) : undefined;
  if (unknown !== undefined) return `there is no experiment #${unknown}; the newest is #${experiments.length - 1}`;
  if (!('n' in request) || request.n === undefined) return undefined;
  const experiment = experiments[request.n];
  if (!experiment) return `there is no experiment #${request.n}; the newest is #${experiments.length - 1}`;
  if (isAnnotation(request)) return undefined;
  if (request.verb === 'replicate') return whyNotReplicated(state, experiment);
  if (experiment.idea.kind !== 'idea') return `#${request.n} is ${KIND_NAMES[experiment.idea.kind]}, not an idea`;
  if (request.verb === 'skip' && experiment.state !== 'open')
    return `#${request.n} is ${experiment.state}, not being measured`;
  if (request.verb === 'park' && (lab?.arena.search?.branches ?? 1) < 2)
    return 'the manifest has no `search.branches` above 1: ideas start from the incumbent alone';
  if (
    request.verb === 'park' &&
    (experiment.state !== 'decided' || !experiment.measurements.some((m) => valueOf(measurements[m]!) !== undefined))
  )
    return `#${request.n} has no number, so no idea may start from it`;
  if (request.verb === 'give-up' && experiment.state !== 'open' && experiment.state !== 'proposed')
    return `#${request.n} is ${experiment.state}, so there is nothing to give up`;
  if (request.verb === 'retry') return whyNotRetried(state, request.n, request.on ?? incumbent);
  if (request.verb === 'pin' && experiment.state !== 'decided' && experiment.state !== 'refused')
    return `#${request.n} is not decided yet`;
  if (request.verb === 'pin' && request.n === incumbent) return `#${request.n} is the incumbent already`;
  return undefined;
}

type Known = Parameters<typeof whyRefused>[0];

/** Measurements of experiments that may wait at once. */
const MAX_REPLICATES_WAITING = 20;
/** Ideas made of earlier changes that may wait at once. */
const MAX_BUILDS_WAITING = 20;

function whyNotReplicated({ steering }: Known, experiment: Experiment): string | undefined {
  if (experiment.state !== 'decided' && experiment.idea.kind !== 'baseline')
    return `#${experiment.idea.n} is not decided yet: until then it is measured as often as its verdict needs`;
  return steering.replicated.length + steering.replicates >= MAX_REPLICATES_WAITING
    ? `${MAX_REPLICATES_WAITING} further measurements are waiting already`
    : undefined;
}

function whyNotCombined(state: Known, members: readonly number[]): string | undefined {
  const { incumbent, steering } = state;
  if (new Set(members).size < members.length) return 'it names an experiment twice';
  const kept = members.find((n) => lineage(state, incumbent).includes(n));
  if (kept === 0) return '#0 is the baseline, which changes nothing';
  if (kept !== undefined)
    return `#${kept} is a part of #${incumbent}, the best version so far, already: a change on top of it can be submitted or retried`;
  if (steering.builds.length >= MAX_BUILDS_WAITING) return `${MAX_BUILDS_WAITING} such ideas are waiting already`;
  return members.map((n) => whyNoChange(state, n)).find((reason) => reason !== undefined);
}

function whyNotRetried(state: Known, n: number, base: number): string | undefined {
  if (state.steering.builds.length >= MAX_BUILDS_WAITING) return `${MAX_BUILDS_WAITING} such ideas are waiting already`;
  const noBase = whyNoCode(state, base);
  if (noBase !== undefined) return noBase;
  if (lineage(state, base).includes(n)) return `#${n} is a part of #${base} already`;
  return whyNoChange(state, n);
}

/** Why the change of an experiment cannot be taken. */
function whyNoChange(state: Known, n: number): string | undefined {
  const reason = whyNoCode(state, n);
  if (reason !== undefined) return reason;
  const { kind } = state.experiments[n]!.idea;
  return kind === 'idea' ? undefined : `#${n} is ${KIND_NAMES[kind]}, not an idea`;
}

function whyNoCode(state: Known, n: number): string | undefined {
  const experiment = state.experiments[n];
  if (!experiment) return `there is no experiment #${n}; the newest is #${state.experiments.length - 1}`;
  if (isRuledOut(state, n)) return `#${n} is ruled out by a person, or built on what is`;
  if (codeOf(state, n)) return undefined;
  return experiment.state === 'refused'
    ? `#${n} was refused, so it has no code`
    : `#${n} has no code yet: it is made when its turn comes`;
}

/** Why the claim of `n`, of the incumbent when absent, cannot be tested. */
function whyNoClaim(
  state: Pick<LabState, 'experiments' | 'measurements' | 'incumbent' | 'champion'>,
  n: number | undefined,
): string | undefined {
  const { experiments, incumbent, champion } = state;
  if (n === undefined) {
    if (incumbent !== champion) return undefined;
    return champion === 0
      ? 'there is nothing to confirm: no idea was carried on yet'
      : `there is nothing to confirm: #${champion} is confirmed, and nothing was carried on after it`;
  }
  if (!experiments[n]) return `there is no experiment #${n}; the newest is #${experiments.length - 1}`;
  if (n === 0) return '#0 is the baseline, which every claim is compared with in the end';
  if (n === champion) return `#${n} is confirmed already`;
  if (lineage(state, champion).includes(n)) return `#${n} is a part of #${champion}, which is confirmed`;
  if (!lineage(state, incumbent).includes(n))
    return `#${n} is no step on the way to #${incumbent}, the best version so far`;
  return undefined;
}
