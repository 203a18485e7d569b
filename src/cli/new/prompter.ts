/** Questions on a terminal; where there is none, only defaults answer. Ctrl-C at a question throws AbortError. */
import * as readline from 'node:readline/promises';

export interface Prompter {
  readonly isTerminal: boolean;
  /** The answer, or the default for an empty one; asked again where an empty answer has no default. */
  ask(question: string, fallback?: string): Promise<string>;
  /** One of several, by its number; the first is the default. */
  choose<T>(question: string, options: readonly { readonly label: string; readonly value: T }[]): Promise<T>;
  close(): void;
}

export function openPrompter(isTerminal: boolean): Prompter {
  const terminal = isTerminal ? readline.createInterface({ input: process.stdin, output: process.stderr }) : undefined;
  const ask = async (question: string, fallback?: string): Promise<string> => {
    if (!terminal) return fallback ?? '';
    const hint = fallback ? ` [${fallback}]` : '';
    const answer = (await terminal.question(`${question}${hint}: `)).trim() || fallback;
    return answer ?? ask(question);
  };
  return {
    isTerminal,
    ask,
    choose: async (question, options) => {
      if (!terminal || options.length === 1) return options[0]!.value;
      const list = options.map(({ label }, i) => `  ${i + 1}) ${label}`).join('\n');
      for (;;) {
        const answer = await ask(`${list}\n${question}`, '1');
        const chosen = options[Number(answer) - 1];
        if (chosen) return chosen.value;
      }
    },
    close: () => terminal?.close(),
  };
}
