/**
 * The scripted agent in the words of tests that are about failures: what a call does, how it fails, that it hangs; and
 * what it was asked.
 */
import { type ScriptedStep, scriptedAgent as scripted } from '../agents/scripted.ts';
import type { Usage } from '../core/event.ts';
import type { Agent, AgentResult, AgentTask } from '../core/ports.ts';

type Failed = Extract<AgentResult, { kind: 'failed' }>;

/** What one call does: new content by path (`null` removes), then what it says; or how it fails. */
export type Act =
  | {
      readonly edits?: Readonly<Record<string, string | Uint8Array | null>>;
      readonly text?: string;
      readonly usage?: Usage;
      /** Anything else that it does to its folder, first. */
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
  const agent = scripted((task, call) => {
    tasks.push(task);
    return stepOf(script(task, call), task);
  }, name);
  return { ...agent, tasks };
}

function stepOf(act: Act, { dir }: AgentTask): ScriptedStep {
  if (act === 'hang') return { waitMs: Number.MAX_SAFE_INTEGER };
  if ('class' in act) {
    const { usage, ...fail } = act;
    return { fail, ...(usage && { usage }) };
  }
  act.then?.(dir);
  return { text: act.text ?? '', ...(act.edits && { files: act.edits }), ...(act.usage && { usage: act.usage }) };
}
