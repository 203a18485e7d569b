/**
 * What must still be done when an error that nobody caught ends the program. The command line calls it; a program that
 * uses the library has error handling of its own.
 */

type CloseNow = (thrown: unknown) => void;

const waiting = new Set<CloseNow>();

/** Call `closeNow` at a sudden end. Returns a function that takes this back. */
export function onSuddenEnd(closeNow: CloseNow): () => void {
  waiting.add(closeNow);
  return () => void waiting.delete(closeNow);
}

/** Do everything that waits, whatever of it fails. */
export function endSuddenly(thrown: unknown): void {
  for (const closeNow of waiting) {
    try {
      closeNow(thrown);
    } catch {
      // the next session records that this one died
    }
  }
  waiting.clear();
}
