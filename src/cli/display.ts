/**
 * What a person sees while a lab runs: on a terminal a pinned window below permanent lines, elsewhere plain lines, with
 * --json one event a line. Every number comes from the view; this file owns the cursor and nothing else.
 */
import type { LedgerEvent } from '../core/event.ts';
import type { LabState } from '../core/state.ts';
import type { Job, Stop } from '../loop/lab.ts';
import type { RunWatch } from '../loop/run.ts';
import { now } from '../os/clock.ts';
import { type LiveTick, liveWindow, tickLine } from '../render/live.ts';
import { experimentLine, summaryText } from '../render/terminal.ts';
import { type Style, spell, wrap } from '../render/text.ts';
import { sameStep } from '../server/same-step.ts';
import { viewLab } from '../view/lab/lab.ts';
import { shareIn } from '../view/lab/progress.ts';
import type { LabView } from '../view/types.ts';
import type { Opened, OpenOptions } from '../app/open-lab.ts';
import { viewOf } from './find.ts';
import { keysText } from './keys.ts';
import { print, printJson, remark, styleOf, zoneMinutes } from './output.ts';
import { openProgress, type Progress } from './progress.ts';
import type { ReportFiles } from './report.ts';

const NO_KEYS = 'Ctrl-C stop after this one · twice: now, `run` goes on where it stopped';
const REDRAW_MS = 250;
const CURVE_MS = 2000;
/** The window may use this share of the time that passes. */
const MOST_SHARE = 0.01;

export class Display {
  readonly #json: boolean;
  readonly #pinned: boolean;
  readonly #style: Style = styleOf(process.stdout);
  readonly #ticks = new Map<number, LiveTick>();
  #lines: string[] = [];
  #view: LabView | undefined;
  #state: LabState | undefined;
  #stageLine = '';
  /** Of what takes a while before the first measurement. */
  #progress: Progress | undefined;
  #redrawAt = 0;
  /** Of each experiment, the minute of its running measurement that was told last. */
  readonly #minutes = new Map<number, number>();
  #typed: string | undefined;
  #lab: Opened | undefined;
  #curve: { readonly m: number; readonly at: number; readonly text: string | undefined } | undefined;

  constructor(json: boolean) {
    this.#json = json;
    this.#pinned = !json && process.stdout.isTTY === true && process.env.TERM !== 'dumb';
  }

  readonly watch: NonNullable<OpenOptions['watch']> = {
    onOpen: (opened) => {
      this.#lab = opened;
      this.#done();
      this.#opened(opened);
    },
    onStage: (stage, line) => this.#staged(stage, line),
    onReading: (done, all) => {
      this.#progress ??= this.#open('reading the ledger');
      this.#progress?.at(done / all);
    },
    onEvent: (event, state) => this.#event(event, state),
    onTick: (job, seconds) => {
      const said = this.#said(job.n);
      const tick = { n: job.n, purpose: job.purpose, wallS: seconds.wall, budgetedS: seconds.budgeted };
      this.#ticks.set(job.n, { ...tick, ...(said !== undefined && { said }) });
      if (this.#pinned) this.#redraw(false);
      else this.#tellLong(tick);
    },
  };

  readonly runWatch: RunWatch = {
    onJob: (job: Job) => {
      this.#ticks.set(job.n, { n: job.n, purpose: job.purpose, wallS: 0, budgetedS: 0 });
      this.#redraw(false);
    },
    onTold: (job) => void this.#ticks.delete(job.n),
  };

  /** A word to the person that is not part of the record. */
  note(text: string): void {
    if (this.#json) remark(text);
    else this.#permanent(text);
  }

  /** The curve of a running measurement, looked at every two seconds at most: it must not cost the night time. */
  #said(n: number): string | undefined {
    const { paths } = this.#lab ?? {};
    if (!this.#pinned || !paths || !this.#state) return undefined;
    const m = [...this.#state.running].find((at) => this.#state!.measurements[at]!.n === n);
    if (m === undefined) return undefined;
    const at = performance.now();
    if (this.#curve?.m === m && at - this.#curve.at < CURVE_MS) return this.#curve.text;
    this.#curve = { m, at, text: sameStep(paths.lab, paths.work, this.#state, m) };
    return this.#curve.text;
  }

  /** Where no window can be drawn, a long measurement gets a line a minute: silence would look like a stall. */
  #tellLong(tick: LiveTick): void {
    const minute = Math.floor(tick.wallS / 60);
    if (this.#json || !this.#state || minute === (this.#minutes.get(tick.n) ?? 0)) return;
    this.#minutes.set(tick.n, minute);
    if (minute === 0) return;
    this.#look();
    print(spell(tickLine(this.#view!, tick, this.#style.columns), this.#style));
  }

  /** What is being typed stands where the keys are; undefined: nothing is. */
  typing(text: string | undefined): void {
    this.#typed = text;
    this.#redraw(true);
  }

  /** The end of a run: verdict, picture, what next. */
  end(opened: Opened, report: ReportFiles, stop: Stop): void {
    this.#clear();
    if (this.#json) return printJson({ stop, report });
    const { view } = viewOf(opened);
    print(`\n${summaryText(view, this.#style, { report: report.markdown })}`);
  }

  close(): void {
    this.#done();
    this.#clear();
  }

  /** A line of its own while something takes long; nothing with --json, where events say it. */
  #open(what: string): Progress | undefined {
    if (this.#json) return undefined;
    const show = (line: string): void => (this.#pinned ? this.#draw([line]) : print(line));
    return openProgress(what, { style: this.#style, live: this.#pinned, show, clear: () => this.#clear() });
  }

  #done(): void {
    this.#progress?.end();
    this.#progress = undefined;
  }

  #opened(opened: Opened): void {
    if (this.#json) return;
    const { state, resumed, tag, paths } = opened;
    const { start } = state.sessions.at(-1)!;
    const arena = state.lab!.arena;
    const heading = `${resumed ? 'Going on with' : 'New'} lab ${tag} of ${arena.name}: ${arena.metric.name}, ${arena.metric.direction === 'minimize' ? 'lower' : 'higher'} is better`;
    const lines = [
      heading,
      `  ideas    ${start.proposer} (${start.proposerReason})`,
      `  sandbox  ${start.sandbox.reason}; limits by ${start.sandbox.limits}`,
      `  trust    ${start.grade}: ${start.gradeReason}`,
      `  device   ${start.device}`,
      `  record   ${paths.lab}`,
    ];
    this.#permanent(`${lines.join('\n')}\n`);
  }

  #staged(stage: string, line: string): void {
    if (this.#json) return;
    this.#stageLine = line;
    if (!this.#pinned) print(`  ${stage}: ${line}`);
    this.#progress?.at(shareIn(line), line);
  }

  #event(event: LedgerEvent, state: LabState): void {
    if (this.#json) return printJson(event);
    this.#state = state;
    switch (event.type) {
      case 'stage.started':
        this.#stageLine = '';
        this.#permanent(
          `${event.stage}: ${event.stage === 'setup' ? 'installing what the arena needs (once)' : 'preparing the data (once)'} …`,
        );
        this.#clear();
        this.#progress = this.#open(event.stage);
        return undefined;
      case 'stage.failed':
        return this.#done();
      case 'stage.finished':
        this.#done();
        return this.#permanent(
          event.reused
            ? `${event.stage}: done before, kept`
            : `${event.stage}: ${event.wallS.toFixed(1)} s${this.#stageLine ? `; ${this.#stageLine}` : ''}`,
        );
      case 'measured':
        return this.#measured(event.m, state);
      case 'calibrated':
        this.#look();
        return this.#permanent(calibrationText(this.#view!, this.#style));
      case 'decided':
      case 'refused':
        this.#look();
        return this.#permanent(experimentLine(this.#view!, event.n, this.#style));
      case 'confirmation':
        this.#look();
        return this.#permanent(`${event.passed ? '●' : '○'} #${event.n} ${event.reason}`);
      case 'session.died':
        return this.#permanent(
          `The last session ended without a word${event.processes > 0 ? `; ${event.processes} of its processes were ended` : ''}. Going on.`,
        );
      default:
        return this.#redraw(false);
    }
  }

  /** Calibration and confirmation runs get a line each: the first minute says something every few seconds. */
  #measured(m: number, state: LabState): void {
    const at = state.measurements[m]!;
    if (at.state !== 'finished' || at.outcome.kind !== 'measured') return;
    this.#look();
    const unit = state.lab!.arena.metric.name;
    if (at.purpose === 'calibrate')
      this.#permanent(`  calibrating: ${unit} ${Number(at.outcome.value.toPrecision(6))}`);
    if (at.purpose === 'confirm')
      this.#permanent(`  confirming #${at.claim}: ${unit} ${Number(at.outcome.value.toPrecision(6))} for #${at.n}`);
  }

  #look(): void {
    if (this.#state)
      this.#view = viewLab(this.#state, { now: now(), alive: true, tip: '', zoneMinutes: zoneMinutes() });
  }

  #permanent(line: string): void {
    if (!this.#pinned) return print(line);
    this.#clear();
    print(line);
    this.#redraw(true);
  }

  /** Draw the window again, unless that would cost more of a core than it is worth. */
  #redraw(must: boolean): void {
    const started = performance.now();
    if (!this.#pinned || !this.#state || this.#progress || (!must && started < this.#redrawAt)) return;
    if (!this.#view || !must) this.#look();
    if (this.#view)
      this.#draw(
        liveWindow(this.#view, [...this.#ticks.values()], this.#style, {
          keys: this.#typed ?? (process.stdin.isTTY ? keysText(this.#style.columns) : NO_KEYS),
          ...(this.#view.thinking && { thinking: this.#view.thinking }),
        }),
      );
    const cost = performance.now() - started;
    this.#redrawAt = performance.now() + Math.max(REDRAW_MS, cost / MOST_SHARE);
  }

  #draw(lines: string[]): void {
    // Synchronised update (DEC mode 2026): terminals that know it show the change at once, others ignore it.
    process.stdout.write(`\x1b[?2026h${this.#erase()}${lines.join('\n')}\n\x1b[?2026l`);
    this.#lines = lines;
  }

  #clear(): void {
    if (this.#lines.length > 0) process.stdout.write(this.#erase());
    this.#lines = [];
  }

  #erase(): string {
    return this.#lines.length > 0 ? `\x1b[${this.#lines.length}A\x1b[0J` : '';
  }
}

function calibrationText({ noise }: LabView, { columns }: Style): string {
  if (!noise) return 'noise: not known yet';
  const lines = [...(noise.cost ? [noise.cost] : []), ...noise.warnings.map((warning) => `! ${warning}`)];
  return [...wrap(`noise: ${noise.text}`, columns), ...lines.flatMap((line) => wrap(line, columns, '  '))].join('\n');
}
