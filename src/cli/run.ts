/**
 * `overnight run`: open the lab, watch the loop, write the report. Ctrl-C stops after the current experiment, a second
 * one at once.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import type { StopReason } from '../core/session.ts';
import { type OpenOptions, openLab } from '../app/open-lab.ts';
import { detachRun, reportOpened } from './detach.ts';
import { Display } from './display.ts';
import { listenToKeys } from './keys.ts';
import type { AgentRequest } from '../app/find-agents.ts';
import { agentNamesOf } from '../app/who-proposes.ts';
import type { Invocation, OptionTable, ParsedOptions } from './command.ts';
import { limitsFrom, spendingLimitsFrom } from './limits.ts';
import { type NotifyTargets, targetsOf, watchNotices } from './notices.ts';
import type { RUN_OPTIONS } from './options.ts';
import { slotsFrom } from './slots-option.ts';
import { writeReport } from './report.ts';

type RunOptions = ParsedOptions<typeof RUN_OPTIONS>;

export async function main(invocation: Invocation<typeof RUN_OPTIONS>): Promise<number> {
  const { folder, options } = invocation;
  if (options.detach) return detachRun(invocation, options.tag);
  const targets = targetsOf(options);
  const limits = { ...limitsFrom(options, new Date()), ...spendingLimitsFrom(options) };
  return runLab(
    defined({
      folder,
      limits,
      command: 'run',
      ideas: ideasFrom(options, path.resolve(folder)),
      tag: options.tag,
      replicates: options.replicates,
      slots: slotsFrom(options.slots),
      calls: options.calls,
    }),
    invocation,
    targets,
  );
}

/** Who proposes ideas. The variable OVERNIGHT_AGENT stands in for --agent. */
function ideasFrom(options: RunOptions, folder: string): NonNullable<OpenOptions['ideas']> {
  const { model, agentCommand, unsafe, programB, callMinutes, callUsd, callTokens } = options;
  const callBounds = defined({
    wallMs: callMinutes === undefined ? undefined : callMinutes * 60_000,
    usd: callUsd,
    tokens: callTokens,
  });
  const agentRequest: AgentRequest = defined({
    allowUnsafe: unsafe,
    env: process.env,
    agents: options.agent ?? agentNamesOf(process.env.OVERNIGHT_AGENT),
    models: model,
    command: agentCommand,
    folder,
    programB: programB === undefined ? undefined : requireFile(path.resolve(programB)),
    adviser: adviserFrom(options),
    call: Object.keys(callBounds).length > 0 ? callBounds : undefined,
  });
  return async (sandbox) => (await import('../app/find-agents.ts')).findIdeaSources(agentRequest, sandbox);
}

const ADVISER_EVERY = 8;

function adviserFrom({ adviser, adviserEvery, adviserMayStop }: RunOptions): AgentRequest['adviser'] {
  if (adviser !== undefined)
    return { model: adviser, every: adviserEvery ?? ADVISER_EVERY, mayStop: adviserMayStop === true };
  if (adviserEvery === undefined && !adviserMayStop) return undefined;
  throw new LabError('E_USAGE', {
    what: `${adviserMayStop ? '--adviser-may-stop' : '--adviser-every'} cannot be understood.`,
    why: 'No adviser is named.',
    next: 'Name a model with --adviser, for example --adviser gpt-5.',
  });
}

function requireFile(file: string): string {
  if (fs.existsSync(file)) return file;
  throw new LabError('E_USAGE', {
    what: '--program-b cannot be understood.',
    why: `There is no file ${file}.`,
    next: 'Name a file with instructions, for example --program-b other-program.md.',
  });
}

/** What of a call a run needs. */
export type RunCall = Pick<Invocation<OptionTable>, 'wantsJson' | 'spellCommands'>;

/** Run a lab to its end while a person watches. Shared with `try` and `finalize`. */
export async function runLab(
  options: OpenOptions,
  { wantsJson, spellCommands }: RunCall,
  targets: NotifyTargets = { urls: [], commands: [] },
): Promise<number> {
  const display = new Display(wantsJson, spellCommands);
  const notices = watchNotices(targets, (message) => display.showNote(message));
  const opening = new AbortController();
  const stageKills: (() => void)[] = [];
  const quitNow = (): never => quitWhileOpening(stageKills);
  let stopActions: StopActions = { stopSoon: () => opening.abort(), stopNow: quitNow };
  let signalCount = 0;
  let stopListening = (): void => {};
  const onSignal = (): void => {
    signalCount++;
    if (signalCount === 1) {
      display.showNote('Stopping after the current experiment. A second Ctrl-C stops at once.');
      stopActions.stopSoon();
    } else stopActions.stopNow();
  };
  // A closed terminal ends no run: it goes on without display, and its report is written at the end.
  const onHangup = (): void => display.leaveTerminal();
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onHangup);
  try {
    const opened = await openLab({
      ...options,
      watch: {
        ...display.watch,
        onEvent: (event, state) => {
          display.watch.onEvent?.(event, state);
          notices.onEvent(event, state);
        },
        onStageStart: (killStage) => void stageKills.push(killStage),
        onRemark: (message) => display.showNote(message),
      },
    });
    reportOpened();
    stopActions = { stopSoon: () => opened.lab.stopSoon(), stopNow: () => opened.lab.abort() };
    if (opening.signal.aborted) opened.lab.stopSoon();
    if (!wantsJson) {
      stopListening = listenToKeys(opened, {
        showNote: (message) => display.showNote(message),
        showTyping: (message) => display.showTyping(message),
        onInterrupt: onSignal,
      });
    }
    const stop = await opened.run(display.runWatch);
    stopListening();
    const reportFiles = await writeReport(opened);
    display.showEnd(opened, reportFiles, stop);
    return exitStatusOf(stop.reason);
  } finally {
    stopListening();
    display.close();
    await notices.close();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal).off('SIGHUP', onHangup);
  }
}

interface StopActions {
  stopSoon(): void;
  stopNow(): void;
}

function quitWhileOpening(stageKills: readonly (() => void)[]): never {
  for (const killStage of stageKills) killStage();
  process.exit(130);
}

function exitStatusOf(reason: StopReason): number {
  if (reason === 'interrupted') return 130;
  return ['stuck', 'idle', 'agents failing'].includes(reason) ? 6 : 0;
}
