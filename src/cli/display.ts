/** What a person sees while a lab runs: plain lines here; one JSON event a line with --json. Decides no number. */
import type { Job, Stop, Told } from '../loop/lab.ts';
import type { RunWatch } from '../loop/run.ts';
import type { OpenOptions } from '../wire.ts';
import { print, printJson, remark } from './output.ts';

export class Display {
  readonly #json: boolean;
  constructor(json: boolean) {
    this.#json = json;
  }
  readonly watch: NonNullable<OpenOptions['watch']> = {
    onOpen: (opened) => this.#say(`lab ${opened.tag} in ${opened.paths.lab}`),
    onStage: (stage, line) => this.#say(`  ${stage}: ${line}`),
    onEvent: (event) => {
      if (this.#json) printJson(event);
      else if (event.type === 'session.started')
        this.#say(
          `sandbox: ${event.sandbox.reason}; limits: ${event.sandbox.limits}; grade: ${event.grade} (${event.gradeReason})`,
        );
      else if (event.type === 'measured') this.#say(`  measured: ${JSON.stringify(event.outcome).slice(0, 200)}`);
      else if (event.type === 'decided') this.#say(`#${event.n} ${event.decision.verdict}: ${event.decision.reason}`);
      else if (event.type === 'refused') this.#say(`#${event.n} refused: ${event.reason}`);
      else if (event.type === 'proposed') this.#say(`#${event.n} ${event.hypothesis}`);
      else if (event.type === 'calibrated') this.#say(`calibrated: ${JSON.stringify(event.noise)}`);
      else if (event.type === 'confirmation') this.#say(`confirmation of #${event.n}: ${event.reason}`);
    },
  };
  readonly runWatch: RunWatch = { onJob: (_job: Job) => {}, onTold: (_job: Job, _told: Told) => {} };
  note(text: string): void {
    remark(text);
  }
  #say(text: string): void {
    if (!this.#json) print(text);
  }
  end(report: string | undefined, stop: Stop): void {
    this.#say(`${stop.reason}: ${stop.detail}; report: ${report}`);
  }
  close(): void {}
}
