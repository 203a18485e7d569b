/** Places for requests that are under way at the same time, given in the order of asking. Knows nothing about them. */
export class Slots {
  #free: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];

  constructor(slotCount: number, maxWaiting: number) {
    this.#free = slotCount;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Wait for a slot; resolves with the function that frees it. `undefined` when too many wait already, or the signal is
   * aborted.
   */
  async take(signal: AbortSignal): Promise<(() => void) | undefined> {
    if (signal.aborted) return undefined;
    if (this.#free > 0) this.#free--;
    else if (this.#waiting.length >= this.#maxWaiting) return undefined;
    else if (!(await this.#waitForTurn(signal))) return undefined;
    let isFreed = false;
    return () => {
      if (isFreed) return;
      isFreed = true;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    };
  }

  #waitForTurn(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const takeTurn = (): void => {
        signal.removeEventListener('abort', leave);
        resolve(true);
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(takeTurn), 1);
        resolve(false);
      };
      this.#waiting.push(takeTurn);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
