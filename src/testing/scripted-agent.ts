/** An agent that does what a script says: real files in a real folder, no process and no model. For tests of everything above the `Agent` port. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Usage } from '../core/event.ts';
import type { Agent, AgentResult, AgentTask } from '../core/ports.ts';

type Failed = Extract<AgentResult, { kind: 'failed' }>;

/** What one call does: new content by path (`null` removes), then what it says; or how it fails. */
export type Act =
  | {
      readonly edits?: Readonly<Record<string, string | Uint8Array | null>>;
      readonly text?: string;
      readonly usage?: Usage;
      /** Anything else that it does to its folder. */
      readonly then?: (dir: string) => void;
    }
  | (Pick<Failed, 'class' | 'message'> & Partial<Pick<Failed, 'retryAt' | 'usage'>>)
  /** Does not come back until it is cut off. */
  | 'hang';

/** The text of a note, as agents end their answers with. */
export const noteText = (hypothesis: string, more: Readonly<Record<string, unknown>> = {}): string =>
  `Done.\n\n${JSON.stringify({ hypothesis, ...more })}\n`;

export function scriptedAgent(
  script: (task: AgentTask, call: number) => Act,
  name = 'scripted',
): Agent & { readonly tasks: readonly AgentTask[] } {
  const tasks: AgentTask[] = [];
  return {
    name,
    reason: 'scripted, for tests',
    tasks,
    async run(task) {
      const act = script(task, tasks.length);
      tasks.push(task);
      if (act === 'hang') return hang(task);
      if ('class' in act) return { kind: 'failed', wallS: 0, ...act };
      for (const [file, content] of Object.entries(act.edits ?? {})) write(path.join(task.dir, file), content);
      act.then?.(task.dir);
      return { kind: 'done', text: act.text ?? '', wallS: 0, ...(act.usage && { usage: act.usage }) };
    },
  };
}

function write(file: string, content: string | Uint8Array | null): void {
  if (content === null) return fs.rmSync(file, { force: true });
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
}

function hang({ limits, signal }: AgentTask): Promise<AgentResult> {
  return new Promise((resolve) => {
    const end = (why: 'hung' | 'aborted'): void => {
      clearTimeout(timer);
      resolve({ kind: 'failed', class: why, message: `no answer after ${limits.wallMs} ms`, wallS: limits.wallMs / 1000 });
    };
    const timer = setTimeout(() => end('hung'), limits.wallMs);
    signal.addEventListener('abort', () => end('aborted'), { once: true });
  });
}
