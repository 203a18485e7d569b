/**
 * Keys of a running lab: each puts a request into the lab's inbox, as `overnight pause`, `skip`, … do. Owns the raw
 * mode of the terminal and ends it.
 */
import type { LabRequest } from '../core/requests.ts';
import { postRequest } from '../ledger/inbox.ts';
import { type DashboardProcess, serveBeside } from '../server/beside.ts';
import type { Opened } from '../app/open-lab.ts';

const SHORT_HELP = 'p pause · s skip · r replicate best · t steer · o dashboard · q stop after this';
const LONG_HELP = `${SHORT_HELP} one · Ctrl-C twice: now`;

/** What the keys do, cut to the width of the terminal. */
export const keysText = (columns: number): string => (columns > LONG_HELP.length ? LONG_HELP : SHORT_HELP);

export interface KeysHost {
  /** A line for the person. */
  readonly showNote: (message: string) => void;
  /** Show a line that is being typed in place of the keys; undefined: typing ended. */
  readonly showTyping: (typedText: string | undefined) => void;
  readonly onInterrupt: () => void;
}

const SENDER_NAME = 'person at the terminal';
const MAX_TYPED_LENGTH = 2000;

/** Listen until the returned function is called. Does nothing where there is no terminal. */
export function listenToKeys(opened: Opened, host: KeysHost): () => void {
  const { stdin } = process;
  if (stdin.isTTY !== true || typeof stdin.setRawMode !== 'function') return () => {};
  const keyListener = new KeyListener(opened, host);
  const onData = (data: Buffer): void => keyListener.handleInput(data.toString('utf8'));
  // A terminal that is closed cannot be read, nor set back.
  stdin.on('error', () => {});
  stdin.setRawMode(true);
  stdin.resume();
  stdin.on('data', onData);
  let isListening = true;
  return () => {
    if (!isListening) return;
    isListening = false;
    stdin.off('data', onData);
    stdin.setRawMode(false);
    stdin.pause();
    keyListener.close();
  };
}

class KeyListener {
  readonly #opened: Opened;
  readonly #host: KeysHost;
  /** The direction that is being typed. */
  #typedWords: string | undefined;
  #dashboard: DashboardProcess | undefined;

  constructor(opened: Opened, host: KeysHost) {
    this.#opened = opened;
    this.#host = host;
  }

  handleInput(inputText: string): void {
    // Arrows and other escape sequences mean nothing here; a paste is many characters.
    if (inputText.startsWith('\x1b') && inputText.length > 1) return;
    for (const key of inputText) this.#handleKey(key);
  }

  close(): void {
    this.#dashboard?.close();
  }

  #handleKey(key: string): void {
    if (key === '\x03') return this.#host.onInterrupt();
    if (this.#typedWords !== undefined) return this.#typeKey(key, this.#typedWords);
    switch (key) {
      case 'p':
        return this.#opened.state.steering.paused
          ? this.#sendRequest({ verb: 'resume' }, 'Going on with new ideas.')
          : this.#sendRequest(
              { verb: 'pause' },
              'Pausing: open experiments are finished; no new ideas until p is pressed again.',
            );
      case 's':
        return this.#skipRunning();
      case 'r':
        return this.#sendRequest({ verb: 'replicate' }, 'The best version will be measured once more.');
      case 't':
        this.#typedWords = '';
        return this.#host.showTyping('steer: ▏(Enter sends, Esc cancels)');
      case 'o':
        return this.#openDashboard();
      case 'q':
        return this.#sendRequest({ verb: 'stop' }, 'Stopping after the current experiment.');
      default:
        return undefined;
    }
  }

  #typeKey(key: string, typedWords: string): void {
    if (key === '\x1b') this.#typedWords = undefined;
    else if (key === '\r' || key === '\n') {
      this.#typedWords = undefined;
      if (typedWords.trim() !== '')
        this.#sendRequest({ verb: 'steer', text: typedWords.trim() }, `Told the proposers: ${typedWords.trim()}`);
    } else if (key === '\x7f' || key === '\b') this.#typedWords = [...typedWords].slice(0, -1).join('');
    else if (key >= ' ' && typedWords.length < MAX_TYPED_LENGTH) this.#typedWords = typedWords + key;
    this.#host.showTyping(this.#typedWords === undefined ? undefined : `steer: ${this.#typedWords}▏`);
  }

  #skipRunning(): void {
    const { state } = this.#opened;
    const m = [...state.running].find((running) => state.experiments[state.measurements[running]!.n]!.state === 'open');
    const n = m === undefined ? 0 : state.measurements[m]!.n;
    if (n === 0) return this.#host.showNote('No idea is being measured, so there is nothing to skip.');
    return this.#sendRequest({ verb: 'skip', n }, `Skipping #${n}.`);
  }

  #sendRequest(request: LabRequest, message: string): void {
    try {
      postRequest(this.#opened.paths.inbox, SENDER_NAME, request);
      this.#host.showNote(message);
    } catch (thrown) {
      this.#host.showNote(`The request could not be written: ${String(thrown)}.`);
    }
  }

  #openDashboard(): void {
    if (this.#dashboard) return this.#host.showNote('The dashboard is open already; its address is above.');
    const dashboard = serveBeside(process.argv[1]!, this.#opened.paths.arena);
    this.#dashboard = dashboard;
    const labTag = encodeURIComponent(this.#opened.tag);
    void dashboard.address.then((address) =>
      this.#host.showNote(address ? `Dashboard: ${address}?lab=${labTag}` : 'The dashboard did not start.'),
    );
    void dashboard.ended.then(() => {
      this.#dashboard = undefined;
    });
  }
}
