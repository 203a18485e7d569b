/** An agent for tests: at each call it does what a script says, in this process, without a jail or a model. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { defined } from '../base/defined.ts';
import type { CallFailure, Usage } from '../core/agent-call.ts';
import type { Agent, AgentResult, AgentTask } from '../core/ports.ts';
import { monotonicMs, sleep } from '../os/clock.ts';

/** What it does in one call. */
export interface ScriptedStep {
  /** New content of files below the work folder; `null` removes a file. */
  readonly files?: Readonly<Record<string, string | Uint8Array | null>>;
  /** Its answer. */
  readonly text?: string;
  readonly usage?: Usage;
  /** How long it takes before it does anything. */
  readonly waitMs?: number;
  readonly asks?: boolean;
  readonly incidents?: readonly string[];
  /** How it fails, after it has written the files. */
  readonly fail?: { readonly class: CallFailure; readonly message: string; readonly retryAt?: string };
}

/** `script` is called once per call of the agent, with the index of the call, from 0. */
export function agentFromScript(
  script: (task: AgentTask, callIndex: number) => ScriptedStep,
  agentName = 'scripted',
): Agent {
  let callCount = 0;
  return {
    name: agentName,
    model: 'none',
    reason: 'a script for tests, without a jail and without a model',
    run: async (task): Promise<AgentResult> => {
      const beganMs = monotonicMs();
      const step = script(task, callCount++);
      const waitedMs = Math.min(step.waitMs ?? 0, task.limits.wallMs);
      await sleep(waitedMs, task.signal);
      const sharedFields = defined({
        wallS: (monotonicMs() - beganMs) / 1000,
        usage: step.usage,
        incidents: step.incidents,
      });
      if (task.signal.aborted) return { kind: 'failed', class: 'aborted', message: 'it was stopped', ...sharedFields };
      if (waitedMs < (step.waitMs ?? 0))
        return { kind: 'failed', class: 'hung', message: 'it was not done in time', ...sharedFields };
      for (const [relativePath, content] of Object.entries(step.files ?? {})) {
        const filePath = join(task.dir, relativePath);
        mkdirSync(dirname(filePath), { recursive: true });
        if (content === null) rmSync(filePath, { force: true, recursive: true });
        else writeFileSync(filePath, content);
      }
      if (step.fail) return { kind: 'failed', ...step.fail, ...sharedFields };
      return defined({ kind: 'done', text: step.text ?? '', ...sharedFields, asks: step.asks || undefined } as const);
    },
  };
}
