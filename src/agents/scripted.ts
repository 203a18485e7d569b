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
export function scriptedAgent(script: (task: AgentTask, call: number) => ScriptedStep, name = 'scripted'): Agent {
  let calls = 0;
  return {
    name,
    model: 'none',
    reason: 'a script for tests, without a jail and without a model',
    run: async (task): Promise<AgentResult> => {
      const begun = monotonicMs();
      const step = script(task, calls++);
      const most = Math.min(step.waitMs ?? 0, task.limits.wallMs);
      await sleep(most, task.signal);
      const rest = {
        wallS: (monotonicMs() - begun) / 1000,
        ...(step.usage && { usage: step.usage }),
        ...(step.incidents && { incidents: step.incidents }),
      };
      if (task.signal.aborted) return { kind: 'failed', class: 'aborted', message: 'it was stopped', ...rest };
      if (most < (step.waitMs ?? 0))
        return { kind: 'failed', class: 'hung', message: 'it was not done in time', ...rest };
      for (const [path, content] of Object.entries(step.files ?? {})) {
        const file = join(task.dir, path);
        mkdirSync(dirname(file), { recursive: true });
        if (content === null) rmSync(file, { force: true, recursive: true });
        else writeFileSync(file, content);
      }
      if (step.fail) return { kind: 'failed', ...step.fail, ...rest };
      return { kind: 'done', text: step.text ?? '', ...rest, ...(step.asks && { asks: true }) };
    },
  };
}
