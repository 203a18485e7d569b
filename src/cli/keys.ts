/**
 * Keys of a running lab: each puts a wish into the lab's inbox, as `overnight pause`, `skip`, … do. Owns the terminal's
 * raw mode and gives it back.
 */
import type { Wish } from '../core/requests.ts';
import { post } from '../ledger/inbox.ts';
import { type Beside, serveBeside } from '../server/beside.ts';
import type { Opened } from '../app/open-lab.ts';

const SHORT = 'p pause · s skip · r replicate best · t steer · o dashboard · q stop after this';
const LONG = `${SHORT} one · Ctrl-C twice: now`;

/** What the keys do, as far as there is room for it. */
export const keysText = (columns: number): string => (columns > LONG.length ? LONG : SHORT);

export interface KeysHost {
  /** A line for the person. */
  readonly note: (text: string) => void;
  /** Show a line that is being typed in place of the keys; undefined: no more. */
  readonly typing: (text: string | undefined) => void;
  readonly interrupt: () => void;
}

const FROM = 'person at the terminal';
const MOST_WORDS = 2000;

/** Listen until the returned function is called. Does nothing where there is no terminal. */
export function listenToKeys(opened: Opened, host: KeysHost): () => void {
  const { stdin } = process;
  if (stdin.isTTY !== true || typeof stdin.setRawMode !== 'function') return () => {};
  const keys = new Keys(opened, host);
  const onData = (data: Buffer): void => keys.take(data.toString('utf8'));
  stdin.setRawMode(true);
  stdin.resume();
  stdin.on('data', onData);
  let open = true;
  return () => {
    if (!open) return;
    open = false;
    stdin.off('data', onData);
    stdin.setRawMode(false);
    stdin.pause();
    keys.close();
  };
}

class Keys {
  readonly #opened: Opened;
  readonly #host: KeysHost;
  /** Words of a steer being typed. */
  #words: string | undefined;
  #dashboard: Beside | undefined;

  constructor(opened: Opened, host: KeysHost) {
    this.#opened = opened;
    this.#host = host;
  }

  take(text: string): void {
    // Arrows and other sequences are one press that means nothing here; a paste is many characters of words.
    if (text.startsWith('\x1b') && text.length > 1) return;
    for (const key of text) this.#press(key);
  }

  close(): void {
    this.#dashboard?.close();
  }

  #press(key: string): void {
    if (key === '\x03') return this.#host.interrupt();
    if (this.#words !== undefined) return this.#type(key, this.#words);
    switch (key) {
      case 'p':
        return this.#opened.state.steering.paused
          ? this.#wish({ verb: 'resume' }, 'Going on with new ideas.')
          : this.#wish({ verb: 'pause' }, 'Pausing: what is open is finished, no new ideas until p is pressed again.');
      case 's':
        return this.#skip();
      case 'r':
        return this.#wish({ verb: 'replicate' }, 'The incumbent will be measured once more.');
      case 't':
        this.#words = '';
        return this.#host.typing('steer: ▏(Enter sends, Esc gives up)');
      case 'o':
        return this.#open();
      case 'q':
        return this.#wish({ verb: 'stop' }, 'Stopping after the current experiment.');
      default:
        return undefined;
    }
  }

  #type(key: string, words: string): void {
    if (key === '\x1b') this.#words = undefined;
    else if (key === '\r' || key === '\n') {
      this.#words = undefined;
      if (words.trim() !== '')
        this.#wish({ verb: 'steer', text: words.trim() }, `Told whoever proposes: ${words.trim()}`);
    } else if (key === '\x7f' || key === '\b') this.#words = [...words].slice(0, -1).join('');
    else if (key >= ' ' && words.length < MOST_WORDS) this.#words = words + key;
    this.#host.typing(this.#words === undefined ? undefined : `steer: ${this.#words}▏`);
  }

  #skip(): void {
    const { state } = this.#opened;
    const m = [...state.running].find((at) => state.experiments[state.measurements[at]!.n]!.state === 'open');
    const n = m === undefined ? 0 : state.measurements[m]!.n;
    if (n === 0) return this.#host.note('There is no idea being measured that could be skipped.');
    return this.#wish({ verb: 'skip', n }, `Skipping #${n}.`);
  }

  #wish(wish: Wish, words: string): void {
    try {
      post(this.#opened.paths.inbox, FROM, wish);
      this.#host.note(words);
    } catch (thrown) {
      this.#host.note(`That wish could not be written: ${String(thrown)}.`);
    }
  }

  #open(): void {
    if (this.#dashboard) return this.#host.note('The dashboard is open already; its address is above.');
    const beside = serveBeside(process.argv[1]!, this.#opened.paths.arena);
    this.#dashboard = beside;
    const lab = encodeURIComponent(this.#opened.tag);
    void beside.address.then((url) =>
      this.#host.note(url ? `Dashboard: ${url}?lab=${lab}` : 'The dashboard did not start.'),
    );
    void beside.ended.then(() => {
      this.#dashboard = undefined;
    });
  }
}
