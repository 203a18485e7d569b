/**
 * A sandbox without processes: each run does at once what a function says. For tests and benches of everything around
 * a run; a real sandbox is held by `SANDBOX_CASES`.
 */
import type { RunningProcess, RunResult, RunSpec, Sandbox } from '../core/ports.ts';
import { CLEAN_END } from './sandbox-conformance.ts';

/** What a run does, and how its result differs from a clean end; `hangs` until it is killed. */
export type PlayRun = (spec: RunSpec) => Partial<RunResult> | 'hangs' | undefined;

export interface InstantSandbox extends Sandbox {
  /** Every run that was started, in order. */
  readonly specs: readonly RunSpec[];
  /** Tag prefixes that were swept. */
  readonly swept: readonly string[];
}

/** `leftBehind` is what each sweep says that it ended. */
export function instantSandbox(playRun: PlayRun, leftBehind = 0): InstantSandbox {
  const specs: RunSpec[] = [];
  const swept: string[] = [];
  const start = (spec: RunSpec): RunningProcess => {
    specs.push(spec);
    const clean: RunResult = { ...CLEAN_END, wallS: 0, cpuS: 0 };
    const played = playRun(spec);
    if (played !== 'hangs') return { pid: process.pid, done: Promise.resolve({ ...clean, ...played }), kill: () => {} };
    const { exitCode: _, ...unfinished } = clean;
    let kill = (): void => {};
    const done = new Promise<RunResult>((resolve) => {
      kill = () => resolve({ ...unfinished, ending: 'aborted' });
    });
    return { pid: process.pid, done, kill };
  };
  return {
    info: { level: 'process', reason: 'instant', limits: 'none' },
    inside: (mount) => mount.from,
    specs,
    swept,
    start,
    startJoined: (firstSpec, secondSpec) => [start(firstSpec), start(secondSpec)],
    sweep: async (tagPrefix) => {
      swept.push(tagPrefix);
      return leftBehind;
    },
  };
}
