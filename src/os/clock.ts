/** Reads the clocks and waits. Knows nothing about experiments. */
import { setTimeout as after } from 'node:timers/promises';

/** ISO 8601 in UTC with milliseconds. */
export const currentTime = (): string => new Date().toISOString();

/** Milliseconds on a clock that never jumps. */
export const monotonicMs = (): number => performance.now();

export const sleep = async (milliseconds: number, signal?: AbortSignal): Promise<void> => {
  await after(milliseconds, undefined, signal ? { signal } : {}).catch((thrown: unknown) => {
    if (!signal?.aborted) throw thrown;
  });
};
