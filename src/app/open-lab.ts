/**
 * The front door of the library: locate the lab, lock its ledger, recover what a killed session left, start a session,
 * prepare the bench, hand out a `Lab` with its loop. The files of this folder choose the adapters behind the ports.
 */
import { randomBytes } from 'node:crypto';
import type { StopReason } from '../core/session.ts';
import { openInbox } from '../ledger/inbox.ts';
import { type OpenLedger, openLedger } from '../ledger/jsonl.ts';
import { Lab, type Stop } from '../loop/lab.ts';
import type { Bench } from '../loop/process-specs.ts';
import { type RunWatch, run } from '../loop/run.ts';
import { defined } from '../base/defined.ts';
import { reasonOf } from '../base/error.ts';
import { currentTime } from '../os/clock.ts';
import { onSuddenEnd } from '../os/sudden-end.ts';
import { prepareBench } from './bench.ts';
import { runsOutsideCode } from './choose-proposer.ts';
import { holdSubmissions } from './outside-code.ts';
import { keepBestArtefact } from './best-artefact.ts';
import { locateLab } from './locate-lab.ts';
import type { Opened, OpenOptions } from './options.ts';
import { isTidyDue, tidyStore } from './tidy-store.ts';
import { recoverLab, setAsideIfUnmeasured } from './recover-lab.ts';
import { abandonOpening, closeAfterCrash, closeSession, detailOf, type Session, startSession } from './session.ts';

export type { EventListener, Opened, OpenOptions } from './options.ts';

export interface OpenedLab extends Opened {
  readonly lab: Lab;
  /** What all measurements of this session share: the prepared data, the frozen files. To be read. */
  readonly bench: Bench;
  /** The loop, until a limit, a person or a broken lab ends it. Closes the session in the ledger. */
  run(watch?: RunWatch): Promise<Stop>;
  /** End the session without the loop and release the lock. Calling twice is fine. */
  close(reason?: StopReason, detail?: string): void;
}

/** Open a lab for writing, or create it. Throws LabError where it cannot be opened; then nothing is left locked. */
export async function openLab(options: OpenOptions): Promise<OpenedLab> {
  const located = await locateLab(options);
  const openAgain = (): OpenLedger => openLedger(located.paths.lab, currentTime, options.watch?.onReading);
  let ledger = openAgain();
  let earlierSessions = ledger.state.sessions.length;
  const abandon = (thrown: unknown): void => abandonOpening(ledger, located.paths, earlierSessions, thrown);
  const stopWaiting = onSuddenEnd(abandon);
  try {
    const asideTag = await setAsideIfUnmeasured(located, ledger);
    if (asideTag !== undefined) ledger = openAgain();
    earlierSessions = ledger.state.sessions.length;
    const recovered = await recoverLab(located, ledger);
    const session = await startSession(recovered);
    const bench = await prepareBench(session);
    return handOut(session, bench);
  } catch (thrown) {
    abandon(thrown);
    throw thrown;
  } finally {
    stopWaiting();
  }
}

function handOut(session: Session, bench: Bench): OpenedLab {
  const { ledger, paths, tag, resumed, options } = session;
  const inbox = openInbox(paths.inbox);
  const lab = new Lab({
    ...session,
    bench,
    inbox: runsOutsideCode(session.ideaSources, session.sandbox) ? inbox : holdSubmissions(inbox),
    ...defined({ maxCalls: options.calls }),
    // With several places a measurement goes on while somebody thinks, also where they share cores.
    hasSpareCores: session.places.length > 1 || bench.cores.candidate.length > 0,
    createNonce: () => randomBytes(16).toString('hex'),
    watch: options.watch ?? {},
    tidyUp: async (m) => (isTidyDue(m) ? tidyStore(paths, options.watch?.onRemark) : undefined),
    refreshBench: () => prepareBench(session),
    keepArtefact: (n, artefactDir) => keepArtefactOrSay(session, n, artefactDir),
  });
  let isOpen = true;
  const close = (reason: StopReason = 'asked', detail = 'closed'): void => {
    if (!isOpen) return;
    isOpen = false;
    stopWaiting();
    closeSession(session, reason, detail);
  };
  const stopWaiting = onSuddenEnd((thrown) => {
    if (!isOpen) return;
    isOpen = false;
    lab.abort();
    closeAfterCrash(session, thrown);
  });
  const runUntilStop = async (watch?: RunWatch): Promise<Stop> => {
    try {
      const stop = await run(lab, watch);
      await lab.abandonOpenIdea();
      await tidyStore(paths, options.watch?.onRemark);
      close(stop.reason, stop.detail);
      return stop;
    } catch (thrown) {
      await lab.abandonOpenIdea();
      close('error', detailOf(thrown));
      throw thrown;
    }
  };
  return { lab, bench, tag, paths, state: ledger.state, resumed, close, run: runUntilStop };
}

/** The copy of the best artefact is for people; a measurement is not lost because it could not be made. */
function keepArtefactOrSay({ paths, options }: Session, n: number, artefactDir: string): void {
  try {
    keepBestArtefact(paths, n, artefactDir);
  } catch (thrown) {
    options.watch?.onRemark?.(`The artefact of #${n} could not be copied to ${paths.lab}: ${reasonOf(thrown)}`);
  }
}
