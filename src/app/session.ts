/** One session of a lab, from its first event to its last: who proposes, on which device, within which limits. */
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { gradeOf } from '../core/trust-grade.ts';
import type { RunLimits, StopReason } from '../core/session.ts';
import { ideasTried } from '../core/plan/pace.ts';
import type { Clock, Ledger, Proposer } from '../core/ports.ts';
import type { LabState } from '../core/state.ts';
import { endSession } from '../loop/run.ts';
import { currentTime, monotonicMs, sleep } from '../os/clock.ts';
import { writeAtomic } from '../os/files.ts';
import { tryRemoveTree } from '../os/remove-tree.ts';
import { describeDevice, hostName, readMachineShape } from '../os/machine.ts';
import type { LabPaths } from '../os/paths.ts';
import { startTimeOf } from '../os/proc.ts';
import { resultsTsv } from '../render/tsv.ts';
import { VERSION } from '../version.ts';
import type { Place } from '../loop/places.ts';
import { choosePlaces, type SlotsWanted } from './choose-places.ts';
import { chooseProposer } from './choose-proposer.ts';
import type { RecoveredLab } from './recover-lab.ts';

export interface Session extends RecoveredLab {
  /** Its number in the ledger. */
  readonly session: number;
  readonly deviceClass: string;
  readonly limits: RunLimits;
  readonly proposer: Proposer;
  readonly clock: Clock;
  /** Where measurements run. */
  readonly places: readonly Place[];
}

/** Choose the proposer and record that a session starts. A new lab gets its baseline, which is idea 0. */
export async function startSession(lab: RecoveredLab): Promise<Session> {
  const { options, ledger, sandbox, tag, paths, resumed, ideaSources } = lab;
  const { state } = ledger;
  const session = state.sessions.length;
  const { arena } = state.lab!;
  const { places, remark } = choosePlaces(arena, slotsInForce(state, options), readMachineShape());
  if (remark !== undefined) options.watch?.onRemark?.(remark);
  const device = describeDevice(arena.resources.cpus, arena.resources.gpus, places.length);
  const limits = limitsInForce(state, options.limits);
  const clock = { now: currentTime, monotonicMs, sleep };
  const { proposer, reason: proposerReason } = chooseProposer(
    defined({ proposer: options.proposer, ideas: ideaSources }),
    { ...lab, arena, session, limits, clock, ...defined({ onSwitch: options.watch?.onRemark }) },
  );
  const { grade, reason: gradeReason } = gradeOf(arena, sandbox.info.level, sandbox.info);
  ledger.append({
    type: 'session.started',
    session,
    pid: process.pid,
    processStart: startTimeOf(process.pid) ?? '',
    host: hostName(),
    command: options.command ?? 'library',
    versions: { overnight: VERSION, node: process.versions.node, git: lab.gitVersion },
    deviceClass: device.class,
    device: device.description,
    sandbox: sandbox.info,
    grade,
    gradeReason,
    proposer: proposer.name,
    proposerReason,
    limits,
    ...(places.length > 1 && { slots: places.length }),
  });
  options.watch?.onOpen?.({ tag, paths, state, resumed });
  if (state.experiments.length === 0) recordBaseline(lab);
  return { ...lab, session, deviceClass: device.class, limits, proposer, clock, places };
}

/** What was asked for, else what an interrupted session still had to do, else no limit. */
function limitsInForce(state: LabState, requestedLimits: RunLimits | undefined): RunLimits {
  if (requestedLimits && Object.keys(requestedLimits).length > 0) {
    const { experiments, ...otherLimits } = requestedLimits;
    const lastExperiment = experiments === undefined ? undefined : ideasTried(state) + experiments;
    return { ...otherLimits, ...defined({ experiments: lastExperiment }) };
  }
  return unfinishedSession(state)?.start.limits ?? {};
}

/** As asked for, else those of an interrupted session that goes on. */
const slotsInForce = (state: LabState, { slots, limits }: RecoveredLab['options']): SlotsWanted | undefined =>
  slots ?? (limits && Object.keys(limits).length > 0 ? undefined : unfinishedSession(state)?.start.slots);

function unfinishedSession(state: LabState): LabState['sessions'][number] | undefined {
  const lastSession = state.sessions.at(-1);
  const isUnfinished =
    !lastSession?.end || ['died', 'interrupted', 'asked', 'error', 'agents failing'].includes(lastSession.end.reason);
  return isUnfinished ? lastSession : undefined;
}

function recordBaseline({ ledger, loadedArena }: RecoveredLab): void {
  const { knobs } = loadedArena;
  ledger.append({
    type: 'proposed',
    n: 0,
    kind: 'baseline',
    parent: 0,
    proposer: 'person',
    hypothesis: 'the code as it was found',
    edits: {},
    ...(Object.keys(knobs).length > 0 && { knobs }),
  });
}

/** Record why the session ends, write the table of results, release the lock. */
export function closeSession(
  { ledger, session, paths, ideaSources }: Session,
  reason: StopReason,
  detail: string,
): void {
  endSession(ledger, session, reason, detail);
  tryRemoveTree(paths.work); // what is left of it is tried again when the next session starts
  try {
    writeAtomic(paths.tsv, resultsTsv(ledger.state));
  } catch {
    // The table can be made again from the ledger; the reason why the session ends must not be lost over it.
  } finally {
    ledger.close();
    void ideaSources?.close?.();
  }
}

/** Close the session of a program that an error ends which nobody caught. Its runs and calls are recorded as lost. */
export function closeAfterCrash(session: Session, thrown: unknown): void {
  const { ledger } = session;
  const detail = detailOf(thrown);
  try {
    for (const m of [...ledger.state.running]) ledger.append({ type: 'lost', m, reason: detail });
    for (const [call, { end }] of ledger.state.calls.entries())
      if (!end) ledger.append({ type: 'called', call, outcome: 'lost', wallS: 0 });
  } finally {
    closeSession(session, 'error', detail);
  }
}

/** End what was begun of a lab that could not be opened. `earlierSessions` are other sessions: their end is theirs. */
export function abandonOpening(ledger: Ledger, paths: LabPaths, earlierSessions: number, thrown: unknown): void {
  const session = ledger.state.sessions.length - 1;
  const isOwnSession = session >= earlierSessions;
  if (isOwnSession && !ledger.state.sessions[session]!.end) endSession(ledger, session, 'error', detailOf(thrown));
  if (isOwnSession) tryRemoveTree(paths.work);
  ledger.close();
}

/** Why a session ended in an error, for the record. */
export const detailOf = (thrown: unknown): string =>
  thrown instanceof LabError ? `${thrown.code}: ${thrown.message}` : String(thrown);
