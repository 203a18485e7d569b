/**
 * What a person sees while a lab runs: on a terminal a pinned window below permanent lines, elsewhere plain lines, with
 * --json one event a line. The view computes every number; this file owns the cursor and nothing else.
 */
import { defined } from '../base/defined.ts';
import { escapeTerminalLine } from '../base/escape.ts';
import { oneLine } from '../base/text.ts';
import type { LedgerEvent, Outcome, Purpose } from '../core/event.ts';
import type { LabState } from '../core/state.ts';
import type { Job, Stop } from '../loop/lab.ts';
import type { RunWatch } from '../loop/run.ts';
import { currentTime } from '../os/clock.ts';
import { type LiveTick, liveWindow, tickLine } from '../render/live.ts';
import { experimentLine, summaryText } from '../render/terminal.ts';
import { type Style, spellText, widthOf, wrapText } from '../render/text.ts';
import { compareAtSameStep } from '../server/same-step.ts';
import { rawText } from '../view/format.ts';
import { failedCallLine } from '../view/lab/agent-trouble.ts';
import { lostLine } from '../view/lab/state.ts';
import { viewLab } from '../view/lab/lab.ts';
import { shareIn } from '../view/lab/progress.ts';
import type { LabView } from '../view/types.ts';
import type { Opened, OpenOptions } from '../app/open-lab.ts';
import { viewOf } from './find.ts';
import { keysText } from './keys.ts';
import { printText, printJson, printRemark, styleOf, zoneMinutes } from './output.ts';
import { openProgress, type Progress } from './progress.ts';
import type { ReportFiles } from './report.ts';
import { type SpellCommands, spellView } from './spell-commands.ts';

const KEYLESS_HINT = 'Ctrl-C stop after this one · twice: now, `run` goes on where it stopped';
const REDRAW_MS = 250;
/** Colours, which take no room. */
const SGR = /\x1b\[[0-9;]*m/g;
const CURVE_REFRESH_MS = 2000;
/** Largest share of a core that drawing the window may use. */
const MAX_DRAWING_SHARE = 0.01;

export class Display {
  readonly #printsJson: boolean;
  readonly #spellCommands: SpellCommands;
  readonly #keysHint: string | undefined;
  #isPinned: boolean;
  /** The terminal is gone: nothing is written any more. */
  #isSilent = false;
  readonly #ticks = new Map<number, LiveTick>();
  #lines: string[] = [];
  #view: LabView | undefined;
  #state: LabState | undefined;
  #stageLine = '';
  /** Progress of what runs before the first measurement. */
  #progress: Progress | undefined;
  #redrawAt = 0;
  /** By experiment, the minute of its running measurement that was printed last. */
  readonly #toldMinutes = new Map<number, number>();
  #typedText: string | undefined;
  #openedLab: Opened | undefined;
  #curve: { readonly m: number; readonly readAtMs: number; readonly text: string | undefined } | undefined;

  /** `keysHint` stands in the window in place of the keys of a run. */
  constructor(printsJson: boolean, spellCommands: SpellCommands, keysHint?: string) {
    this.#keysHint = keysHint;
    this.#spellCommands = spellCommands;
    this.#printsJson = printsJson;
    this.#isPinned = !printsJson && process.stdout.isTTY === true && process.env.TERM !== 'dumb';
    if (this.#isPinned) process.stdout.on('resize', this.#onResize);
  }

  /** The terminal as it is now: a person may have made it smaller. */
  get #style(): Style {
    return styleOf(process.stdout);
  }

  readonly #onResize = (): void => this.#redrawWindow(true);

  /** The terminal was closed. A run goes on without one; output into a file goes on too. */
  leaveTerminal(): void {
    if (process.stdout.isTTY !== true) return;
    this.#isPinned = false;
    this.#isSilent = true;
    this.#lines = [];
  }

  readonly watch: NonNullable<OpenOptions['watch']> = {
    onOpen: (opened) => {
      this.#openedLab = opened;
      this.#endProgress();
      this.#showOpening(opened);
    },
    onStage: (stage, outputLine) => this.#showStage(stage, outputLine),
    onReading: (finished, total) => {
      this.#progress ??= this.#openProgress('reading the ledger');
      this.#progress?.updateShare(finished / total);
    },
    onEvent: (event, state) => this.#showEvent(event, state),
    onTick: (job, seconds) => {
      const curveText = this.#readCurveText(job.n);
      const liveTick = { n: job.n, purpose: job.purpose, wallS: seconds.wall, budgetedS: seconds.budgeted };
      this.#ticks.set(job.n, defined({ ...liveTick, said: curveText }));
      if (this.#isPinned) this.#redrawWindow(false);
      else this.#reportLongTick(liveTick);
    },
  };

  readonly runWatch: RunWatch = {
    onJob: (job: Job) => {
      this.#ticks.set(job.n, { n: job.n, purpose: job.purpose, wallS: 0, budgetedS: 0 });
      this.#redrawWindow(false);
    },
    onTold: (job) => void this.#ticks.delete(job.n),
  };

  /** A line for the person that is not part of the record. */
  showNote(message: string): void {
    if (this.#printsJson) printRemark(message);
    else this.#printPermanent(message);
  }

  /** The curve of a running measurement, read every two seconds at most: reading must not slow the run. */
  #readCurveText(n: number): string | undefined {
    const { paths } = this.#openedLab ?? {};
    if (!this.#isPinned || !paths || !this.#state) return undefined;
    const m = [...this.#state.running].find((running) => this.#state!.measurements[running]!.n === n);
    if (m === undefined) return undefined;
    const timestampMs = performance.now();
    if (this.#curve?.m === m && timestampMs - this.#curve.readAtMs < CURVE_REFRESH_MS) return this.#curve.text;
    this.#curve = { m, readAtMs: timestampMs, text: compareAtSameStep(paths.lab, paths.work, this.#state, m) };
    return this.#curve.text;
  }

  /** Without a window, a long measurement gets a line a minute: silence would look like a stall. */
  #reportLongTick(liveTick: LiveTick): void {
    const minute = Math.floor(liveTick.wallS / 60);
    if (this.#isSilent || this.#printsJson || !this.#state || minute === (this.#toldMinutes.get(liveTick.n) ?? 0))
      return;
    this.#toldMinutes.set(liveTick.n, minute);
    if (minute === 0) return;
    this.#refreshView();
    printText(spellText(tickLine(this.#view!, liveTick, this.#style.columns), this.#style));
  }

  /** Show typed text in place of the keys; undefined: nothing is being typed. */
  showTyping(typedText: string | undefined): void {
    this.#typedText = typedText;
    this.#redrawWindow(true);
  }

  /** The end of a run: verdict, picture, next steps. */
  showEnd(opened: Opened, reportFiles: ReportFiles, stop: Stop): void {
    this.#clearWindow();
    if (this.#isSilent) return;
    if (this.#printsJson) return printJson({ stop, report: reportFiles });
    const view = spellView(viewOf(opened).view, (text) => this.#spellCommands(text, opened.paths.arena));
    printText(`\n${summaryText(view, this.#style, { report: reportFiles.markdown })}`);
    if (view.plainWords !== undefined) printText(`\n${view.plainWords}`);
  }

  close(): void {
    process.stdout.off('resize', this.#onResize);
    this.#endProgress();
    this.#clearWindow();
  }

  /** A line while something takes long; nothing with --json, which has events for it. */
  #openProgress(activity: string): Progress | undefined {
    if (this.#printsJson) return undefined;
    const showLine = (progressLine: string): void =>
      this.#isPinned ? this.#drawLines([progressLine]) : printText(progressLine);
    return openProgress(activity, {
      style: this.#style,
      isLive: this.#isPinned,
      showLine,
      clearLine: () => this.#clearWindow(),
    });
  }

  #endProgress(): void {
    this.#progress?.endProgress();
    this.#progress = undefined;
  }

  #showOpening(opened: Opened): void {
    if (this.#printsJson) return;
    const { state, resumed, tag, paths } = opened;
    const { start } = state.sessions.at(-1)!;
    const arena = state.lab!.arena;
    const heading = `${resumed ? 'Going on with' : 'New'} lab ${tag} of ${arena.name}: ${arena.metric.name}, ${arena.metric.direction === 'minimize' ? 'lower' : 'higher'} is better`;
    const openingLines = [
      heading,
      `  ideas    ${start.proposer} (${start.proposerReason})`,
      `  sandbox  ${start.sandbox.reason}; limits by ${start.sandbox.limits}`,
      `  trust    ${start.grade}: ${start.gradeReason}`,
      `  device   ${start.device}`,
      `  record   ${paths.lab}`,
    ];
    this.#printPermanent(`${openingLines.map((line) => escapeTerminalLine(line)).join('\n')}\n`);
  }

  #showStage(stage: string, outputLine: string): void {
    if (this.#printsJson) return;
    this.#stageLine = outputLine;
    if (!this.#isPinned) printText(escapeTerminalLine(`  ${stage}: ${outputLine}`));
    this.#progress?.updateShare(shareIn(outputLine), outputLine);
  }

  #showEvent(event: LedgerEvent, state: LabState): void {
    if (this.#printsJson) return printJson(event);
    this.#state = state;
    switch (event.type) {
      case 'stage.started':
        this.#stageLine = '';
        this.#printPermanent(
          `${event.stage}: ${event.stage === 'setup' ? 'installing what the arena needs (once)' : 'preparing the data (once)'} …`,
        );
        this.#clearWindow();
        this.#progress = this.#openProgress(event.stage);
        return undefined;
      case 'stage.failed':
        return this.#endProgress();
      case 'stage.finished':
        this.#endProgress();
        return this.#printPermanent(
          event.reused
            ? `${event.stage}: done before, kept`
            : `${event.stage}: ${event.wallS.toFixed(1)} s${this.#stageLine ? `; ${escapeTerminalLine(this.#stageLine)}` : ''}`,
        );
      case 'measured':
        return this.#showMeasurement(event.m, state);
      case 'lost':
        return this.#printPermanent(
          wrapText(escapeTerminalLine(lostLine(state, event)), this.#style.columns, '  ').join('\n'),
        );
      case 'calibrated':
        this.#refreshView();
        return this.#printPermanent(calibrationText(this.#view!, this.#style));
      case 'decided':
      case 'refused':
        this.#refreshView();
        return this.#printPermanent(experimentLine(this.#view!, event.n, this.#style));
      case 'confirmation':
        this.#refreshView();
        return this.#showClaim(event);
      case 'called': {
        const failedLine = failedCallLine(state, currentTime());
        return failedLine === undefined
          ? this.#redrawWindow(false)
          : this.#printPermanent(wrapText(escapeTerminalLine(failedLine), this.#style.columns, '  ').join('\n'));
      }
      case 'session.died':
        return this.#printPermanent(
          `The last session died${event.processes > 0 ? `; ${event.processes} of its processes were ended` : ''}. Going on.`,
        );
      default:
        return this.#redrawWindow(false);
    }
  }

  /** The head of a run that another process makes. */
  showAttached(opened: Opened): void {
    this.#openedLab = opened;
    this.#state = opened.state;
    if (this.#printsJson) return;
    const { start, startedAt } = opened.state.sessions.at(-1) ?? {};
    const since = start ? ` by process ${start.pid} since ${startedAt}` : '';
    this.#printPermanent(`Lab ${opened.tag}, run${since}\n  record   ${opened.paths.lab}\n`);
    this.#redrawWindow(true);
  }

  /** What runs by the ledger: nobody here hears of its training clock. */
  followRunning(state: LabState): void {
    this.#state = state;
    const running = [...state.running].map((m) => state.measurements[m]!);
    for (const n of this.#ticks.keys()) if (!running.some((measurement) => measurement.n === n)) this.#ticks.delete(n);
    for (const { n, purpose, startedAt } of running) {
      const wallS = Math.max(0, (Date.parse(currentTime()) - Date.parse(startedAt)) / 1000);
      const liveTick = { n, purpose, wallS, budgetedS: 0 };
      this.#ticks.set(n, defined({ ...liveTick, said: this.#readCurveText(n) }));
      if (!this.#isPinned) this.#reportLongTick(liveTick);
    }
    this.#redrawWindow(false);
  }

  /** Calibration and confirmation runs get a line each, so that the first minute shows progress. */
  #showMeasurement(m: number, state: LabState): void {
    const measurement = state.measurements[m]!;
    if (measurement.state !== 'finished') return;
    if (measurement.outcome.kind !== 'measured')
      return this.#showFailedCalibration(measurement.purpose, measurement.outcome);
    this.#refreshView();
    const metricName = state.lab!.arena.metric.name;
    if (measurement.purpose === 'calibrate')
      this.#printPermanent(`  calibrating: ${metricName} ${rawText(measurement.outcome.value)}`);
    if (measurement.purpose === 'confirm')
      this.#printPermanent(
        `  confirming #${measurement.claim}: ${metricName} ${rawText(measurement.outcome.value)} for #${measurement.n}`,
      );
  }

  /** The first one in a session is made again; the second ends it with an error that says both. */
  #showFailedCalibration(purpose: Purpose, failure: Exclude<Outcome, { kind: 'measured' }>): void {
    if (purpose !== 'calibrate') return;
    const text = `  calibrating: the unchanged code gave no number (${failure.class}: ${oneLine(failure.message, 300)}); one such run is made again`;
    this.#printPermanent(escapeTerminalLine(text));
  }

  #showClaim({ n, passed, reason }: Extract<LedgerEvent, { type: 'confirmation' }>): void {
    this.#refreshView();
    const text = this.#view?.claims.findLast((claim) => claim.n === n)?.text ?? `#${n} ${reason}`;
    this.#printPermanent(`${passed ? '★' : '○'} ${escapeTerminalLine(text)}`);
  }

  #refreshView(): void {
    if (this.#state)
      this.#view = viewLab(this.#state, { now: currentTime(), alive: true, tip: '', zoneMinutes: zoneMinutes() });
  }

  #printPermanent(line: string): void {
    if (this.#isSilent) return;
    if (!this.#isPinned) return printText(line);
    this.#clearWindow();
    printText(line);
    this.#redrawWindow(true);
  }

  /** Draw the window again, unless drawing would cost more than its share of a core. */
  #redrawWindow(isForced: boolean): void {
    const startedMs = performance.now();
    if (!this.#isPinned || !this.#state || this.#progress || (!isForced && startedMs < this.#redrawAt)) return;
    if (!this.#view || !isForced) this.#refreshView();
    if (this.#view)
      this.#drawLines(
        liveWindow(this.#view, [...this.#ticks.values()], this.#style, {
          keys:
            this.#typedText ?? this.#keysHint ?? (process.stdin.isTTY ? keysText(this.#style.columns) : KEYLESS_HINT),
          ...(this.#view.thinking && { thinking: this.#view.thinking }),
        }),
      );
    const costMs = performance.now() - startedMs;
    this.#redrawAt = performance.now() + Math.max(REDRAW_MS, costMs / MAX_DRAWING_SHARE);
  }

  #drawLines(lines: string[]): void {
    const rows = process.stdout.rows || lines.length + 1;
    const shownLines = lines.slice(0, Math.max(1, rows - 1));
    // Synchronised update (DEC mode 2026): terminals that know it show the change at once, others ignore it.
    process.stdout.write(
      `\x1b[?2026h${this.#eraseSequence()}${shownLines.map((line) => escapeTerminalLine(line, this.#style.color)).join('\n')}\n\x1b[?2026l`,
    );
    this.#lines = shownLines;
  }

  #clearWindow(): void {
    if (this.#lines.length > 0) process.stdout.write(this.#eraseSequence());
    this.#lines = [];
  }

  /** In a terminal that has become narrower, a line takes several rows: terminals wrap what they show anew. */
  #eraseSequence(): string {
    if (this.#lines.length === 0) return '';
    const columns = process.stdout.columns || 80;
    const rowsOf = (line: string): number => Math.max(1, Math.ceil(widthOf(line.replace(SGR, '')) / columns));
    const rowCount = this.#lines.reduce((total, line) => total + rowsOf(line), 0);
    return `\x1b[${Math.min(rowCount, Math.max(1, (process.stdout.rows || rowCount + 1) - 1))}A\x1b[0J`;
  }
}

function calibrationText({ noise }: LabView, { columns }: Style): string {
  if (!noise) return 'noise: not known yet';
  const details = [...(noise.cost ? [noise.cost] : []), ...noise.warnings.map((warning) => `! ${warning}`)];
  return [
    ...wrapText(`noise: ${noise.text}`, columns),
    ...details.flatMap((detail) => wrapText(detail, columns, '  ')),
  ].join('\n');
}
