/**
 * An agent for tests: it does at each call what a script says, in this process, without a jail or a model. Honest about
 * nothing else.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CallFailure, Usage } from '../core/event.ts';
import type { Agent, AgentResult, AgentTask } from '../core/ports.ts';
import { monotonicMs, sleep } from '../os/clock.ts';

/** What it does in one call: files below the work folder (`null` removes), then what it says, or how it fails. */
export interface ScriptedStep {
  readonly files?: Readonly<Record<string, string | Uint8Array | null>>;
  readonly text?: string;
  readonly usage?: Usage;
  readonly waitMs?: number;
  readonly asks?: boolean;
  readonly incidents?: readonly string[];
  readonly fail?: { readonly class: CallFailure; readonly message: string; readonly retryAt?: string };
}

/** `script` is asked once per call with the number of the call, from 0. */
export function scriptedAgent(
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
      const sharedFields = {
        wallS: (monotonicMs() - beganMs) / 1000,
        ...(step.usage && { usage: step.usage }),
        ...(step.incidents && { incidents: step.incidents }),
      };
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
      return { kind: 'done', text: step.text ?? '', ...sharedFields, ...(step.asks && { asks: true }) };
    },
  };
}
