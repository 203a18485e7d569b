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
import { type Targets, targetsOf, watchNotices } from './notices.ts';
import { writeReport } from './report.ts';
import type { Call } from './spec.ts';

export async function main(call: Call): Promise<number> {
  const targets = targetsOf(call);
  return runLab(
    {
      folder: call.folder,
      limits: limitsFrom(call, new Date()),
      command: 'run',
      ideas: ideasFrom(call),
      ...(call.options.tag !== undefined && { tag: String(call.options.tag) }),
    },
    call.json,
    targets,
  );
}

/** Who is asked for ideas, as the command line says it. OVERNIGHT_AGENT stands in for --agent. */
function ideasFrom(call: Call): NonNullable<OpenOptions['ideas']> {
  const { agent = process.env.OVERNIGHT_AGENT, model, agentCommand, unsafe } = call.options;
  const names = (text: string | boolean): string[] =>
    String(text)
      .split(',')
      .map((name) => name.trim());
  const minutes = numberOption(call, 'callMinutes', false);
  const [usd, tokens] = [numberOption(call, 'callUsd', false), numberOption(call, 'callTokens', true)];
  const bounds = {
    ...(minutes !== undefined && { wallMs: minutes * 60_000 }),
    ...(usd !== undefined && { usd }),
    ...(tokens !== undefined && { tokens }),
  };
  const request: AgentRequest = {
    unsafe: unsafe === true,
    env: process.env,
    ...(agent && { agents: names(agent) }),
    ...(model !== undefined && { models: names(model) }),
    ...(agentCommand !== undefined && { command: String(agentCommand) }),
    ...(call.options.programB !== undefined && { programB: existing(path.resolve(String(call.options.programB))) }),
    ...(Object.keys(bounds).length > 0 && { call: bounds }),
  };
  return async (sandbox) => (await import('../app/find-agents.ts')).findIdeas(request, sandbox);
}

function existing(file: string): string {
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
  json: boolean,
  targets: Targets = { urls: [], commands: [] },
): Promise<number> {
  const display = new Display(json);
  const notices = watchNotices(targets, (text) => display.note(text));
  const opening = new AbortController();
  const kills: (() => void)[] = [];
  const quit = (): never => {
    for (const kill of kills) kill();
    process.exit(130);
  };
  let stopping: { soon(): void; now(): void } = { soon: () => opening.abort(), now: quit };
  let presses = 0;
  let deaf = (): void => {};
  const onSignal = (): void => {
    presses++;
    if (presses === 1) {
      display.note('Stopping after the current experiment. Once more to stop at once.');
      stopping.soon();
    } else stopping.now();
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
        onStageStart: (kill) => void kills.push(kill),
        onRemark: (text) => display.note(text),
      },
    });
    stopping = { soon: () => opened.lab.stopSoon(), now: () => opened.lab.abort() };
    if (opening.signal.aborted) opened.lab.stopSoon();
    if (!json) {
      const typing = (text: string | undefined): void => display.typing(text);
      deaf = listenToKeys(opened, { note: (text) => display.note(text), typing, interrupt: onSignal });
    }
    const stop = await opened.run(display.runWatch);
    deaf();
    const report = await writeReport(opened);
    display.end(opened, report, stop);
    return stop.reason === 'interrupted' ? 130 : ['stuck', 'idle'].includes(stop.reason) ? 6 : 0;
  } finally {
    deaf();
    display.close();
    await notices.close();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}
