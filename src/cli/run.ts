/**
 * `overnight run`: open the lab, watch the loop, write the report. Ctrl-C once stops after the current experiment,
 * twice at once.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { type OpenOptions, openLab } from '../app/open-lab.ts';
import { Display } from './display.ts';
import { listenToKeys } from './keys.ts';
import type { AgentRequest } from '../app/find-agents.ts';
import { limitsFrom, numberOption } from './limits.ts';
import { type NotifyTargets, targetsOf, watchNotices } from './notices.ts';
import { writeReport } from './report.ts';
import type { Invocation } from './spec.ts';

export async function main(invocation: Invocation): Promise<number> {
  const targets = targetsOf(invocation);
  return runLab(
    {
      folder: invocation.folder,
      limits: limitsFrom(invocation, new Date()),
      command: 'run',
      ideas: ideasFrom(invocation),
      ...(invocation.options.tag !== undefined && { tag: String(invocation.options.tag) }),
    },
    invocation.wantsJson,
    targets,
  );
}

/** Who is asked for ideas, as the command line says it. OVERNIGHT_AGENT stands in for --agent. */
function ideasFrom(invocation: Invocation): NonNullable<OpenOptions['ideas']> {
  const { agent = process.env.OVERNIGHT_AGENT, model, agentCommand, unsafe } = invocation.options;
  const splitNames = (nameList: string | boolean): string[] =>
    String(nameList)
      .split(',')
      .map((name) => name.trim());
  const callMinutes = numberOption(invocation, 'callMinutes', false);
  const [callUsd, callTokens] = [
    numberOption(invocation, 'callUsd', false),
    numberOption(invocation, 'callTokens', true),
  ];
  const callBounds = {
    ...(callMinutes !== undefined && { wallMs: callMinutes * 60_000 }),
    ...(callUsd !== undefined && { usd: callUsd }),
    ...(callTokens !== undefined && { tokens: callTokens }),
  };
  const agentRequest: AgentRequest = {
    allowUnsafe: unsafe === true,
    env: process.env,
    ...(agent && { agents: splitNames(agent) }),
    ...(model !== undefined && { models: splitNames(model) }),
    ...(agentCommand !== undefined && { command: String(agentCommand) }),
    ...(invocation.options.programB !== undefined && {
      programB: requireFile(path.resolve(String(invocation.options.programB))),
    }),
    ...(Object.keys(callBounds).length > 0 && { call: callBounds }),
  };
  return async (sandbox) => (await import('../app/find-agents.ts')).findIdeaSources(agentRequest, sandbox);
}

function requireFile(file: string): string {
  if (fs.existsSync(file)) return file;
  throw new LabError('E_USAGE', {
    what: '--program-b cannot be understood.',
    why: `There is no file ${file}.`,
    next: 'Name the second page of instructions, for example --program-b other-program.md.',
  });
}

/** Run a lab to its end in front of a person. Shared with `try`. */
export async function runLab(
  options: OpenOptions,
  wantsJson: boolean,
  targets: NotifyTargets = { urls: [], commands: [] },
): Promise<number> {
  const display = new Display(wantsJson);
  const notices = watchNotices(targets, (message) => display.showNote(message));
  const opening = new AbortController();
  const stageKills: (() => void)[] = [];
  const quitNow = (): never => {
    for (const killStage of stageKills) killStage();
    process.exit(130);
  };
  let stopActions: { stopSoon(): void; stopNow(): void } = { stopSoon: () => opening.abort(), stopNow: quitNow };
  let signalCount = 0;
  let stopListening = (): void => {};
  const onSignal = (): void => {
    signalCount++;
    if (signalCount === 1) {
      display.showNote('Stopping after the current experiment. Once more to stop at once.');
      stopActions.stopSoon();
    } else stopActions.stopNow();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
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
    stopActions = { stopSoon: () => opened.lab.stopSoon(), stopNow: () => opened.lab.abort() };
    if (opening.signal.aborted) opened.lab.stopSoon();
    if (!wantsJson) {
      const showTyping = (message: string | undefined): void => display.showTyping(message);
      stopListening = listenToKeys(opened, {
        showNote: (message) => display.showNote(message),
        showTyping,
        onInterrupt: onSignal,
      });
    }
    const stop = await opened.run(display.runWatch);
    stopListening();
    const reportFiles = await writeReport(opened);
    display.showEnd(opened, reportFiles, stop);
    return stop.reason === 'interrupted' ? 130 : ['stuck', 'idle'].includes(stop.reason) ? 6 : 0;
  } finally {
    stopListening();
    display.close();
    await notices.close();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}
