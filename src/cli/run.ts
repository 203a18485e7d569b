/** `overnight run`: open the lab, watch the loop, write the report. Ctrl-C once stops after the current experiment, twice at once. */
import { type OpenOptions, openLab } from '../wire.ts';
import { Display } from './display.ts';
import { listenToKeys } from './keys.ts';
import { limitsFrom } from './limits.ts';
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
      ...(call.options.tag !== undefined && { tag: String(call.options.tag) }),
    },
    call.json,
    targets,
  );
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
    return stop.reason === 'interrupted' ? 130 : stop.reason === 'stuck' ? 6 : 0;
  } finally {
    deaf();
    display.close();
    await notices.close();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}
