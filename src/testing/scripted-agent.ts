/**
 * The scripted agent in the words of tests that are about failures: what a call does, how it fails, that it hangs; and
 * what it was asked.
 */
import { agentFromScript, type ScriptedStep } from '../agents/scripted.ts';
import type { Usage } from '../core/agent-call.ts';
import type { Agent, AgentResult, AgentTask } from '../core/ports.ts';

type FailedResult = Extract<AgentResult, { kind: 'failed' }>;

/** What one call does: new content by path (`null` removes), then what it says; or how it fails. */
export type ScriptedAct =
  | {
      readonly edits?: Readonly<Record<string, string | Uint8Array | null>>;
      readonly text?: string;
      readonly usage?: Usage;
      /** Anything else that it does to its folder, first. */
      readonly editFolder?: (folder: string) => void;
    }
  | (Pick<FailedResult, 'class' | 'message'> & Partial<Pick<FailedResult, 'retryAt' | 'usage'>>)
  /** Does not come back until it is cut off. */
  | 'hang';

/** The text of a note, as agents end their answers with. */
export const noteText = (hypothesis: string, extra: Readonly<Record<string, unknown>> = {}): string =>
  `Done.\n\n${JSON.stringify({ hypothesis, ...extra })}\n`;

export function scriptedAgent(
  actFor: (task: AgentTask, callNumber: number) => ScriptedAct,
  name = 'scripted',
): Agent & { readonly tasks: readonly AgentTask[] } {
  const tasks: AgentTask[] = [];
  const agent = agentFromScript((task, callNumber) => {
    tasks.push(task);
    return stepOf(actFor(task, callNumber), task);
  }, name);
  return { ...agent, tasks };
}

function stepOf(scriptedAct: ScriptedAct, { dir }: AgentTask): ScriptedStep {
  if (scriptedAct === 'hang') return { waitMs: Number.MAX_SAFE_INTEGER };
  if ('class' in scriptedAct) {
    const { usage, ...failure } = scriptedAct;
    return { fail: failure, ...(usage && { usage }) };
  }
  scriptedAct.editFolder?.(dir);
  return {
    text: scriptedAct.text ?? '',
    ...(scriptedAct.edits && { files: scriptedAct.edits }),
    ...(scriptedAct.usage && { usage: scriptedAct.usage }),
  };
}
