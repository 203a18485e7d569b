/** The arena that `overnight new` is about to write: its values, where each comes from, and its text. Pure. */
import { stringify as toYaml } from 'yaml';
import { defined } from '../../base/defined.ts';
import type { MetricRead } from '../../core/arena.ts';
import type { ManifestState } from '../../discover/cures.ts';
import type { Change } from '../../discover/manifest-changes.ts';

/** Everything that the manifest is made of. */
export interface ArenaDraft {
  readonly name: string;
  readonly editable: readonly string[];
  readonly command: string;
  readonly evaluate?: string;
  readonly artefact: readonly string[];
  readonly metric: {
    readonly name: string;
    readonly direction: 'minimize' | 'maximize';
    readonly unit?: string;
    readonly read?: MetricRead;
    readonly plausible?: { readonly min: number; readonly max: number };
  };
  readonly budget: { readonly seconds: number; readonly grace_s: number; readonly wall_s: number };
  readonly resources: { readonly cpus: number; readonly memory_mb: number; readonly gpus: number };
  readonly guards: readonly { readonly name: string; readonly command: string }[];
  readonly sandbox: {
    readonly read: readonly string[];
    readonly home: readonly string[];
    readonly installed: readonly string[];
  };
  readonly isWritable: boolean;
  /** Candidate and incumbent are compared side by side. */
  readonly comesInPairs?: boolean;
}

/** What a program gets that says nothing of its time: `seconds` of work after at most a minute of start-up. */
export function budgetOf(seconds: number): ArenaDraft['budget'] {
  return { seconds, grace_s: Math.min(60, Math.max(5, Math.round(seconds / 10))), wall_s: seconds * 2 };
}

/** A program that keeps its own time and is ended by nothing but a hard limit. */
export function selfTimedBudget(seconds: number): ArenaDraft['budget'] {
  return { seconds, grace_s: 0, wall_s: seconds };
}

export function manifestStateOf(draft: ArenaDraft): ManifestState {
  return { ...draft.sandbox, isWritable: draft.isWritable, gpus: draft.resources.gpus };
}

/** The draft with one change of the table of cures. */
export function applyChange(draft: ArenaDraft, change: Change): ArenaDraft {
  switch (change.key) {
    case 'run.command':
      return { ...draft, command: change.value };
    case 'run.writable':
      return { ...draft, isWritable: true };
    case 'resources.gpus':
      return { ...draft, resources: { ...draft.resources, gpus: change.value } };
    case 'budget.seconds':
      return { ...draft, budget: draft.budget.grace_s === 0 ? selfTimedBudget(change.value) : budgetOf(change.value) };
    default: {
      const kind = change.key.slice('sandbox.'.length) as keyof ArenaDraft['sandbox'];
      return { ...draft, sandbox: { ...draft.sandbox, [kind]: [...draft.sandbox[kind], ...change.add] } };
    }
  }
}

/** arena.yaml, with a remark behind every value that is a guess. */
export function manifestText(draft: ArenaDraft, guesses: readonly string[] = []): string {
  const { metric, resources, sandbox } = draft;
  const hasSandbox = sandbox.read.length + sandbox.home.length + sandbox.installed.length > 0;
  const list = <T>(values: readonly T[]): readonly T[] | undefined => (values.length > 0 ? values : undefined);
  const manifest = defined({
    overnight: 1,
    name: draft.name,
    metric: defined({ ...metric, unit: metric.unit || undefined }),
    editable: draft.editable,
    run: defined({ command: draft.command, writable: draft.isWritable || undefined }),
    artefact: list(draft.artefact),
    evaluate: draft.evaluate ? { command: draft.evaluate } : undefined,
    guards: list(draft.guards),
    budget: draft.budget,
    calibrate: { replicates: 5 },
    decide: draft.comesInPairs ? { rule: 'paired' } : undefined,
    resources: defined({ ...resources, gpus: resources.gpus || undefined }),
    sandbox: hasSandbox
      ? defined({ read: list(sandbox.read), home: list(sandbox.home), installed: list(sandbox.installed) })
      : undefined,
  });
  const remarks = guesses.map((guess) => `# Guess: ${guess}\n`).join('');
  return `# An arena of Overnight: what may change, what may not, how it is scored. docs/arena.md lists every key.\n${remarks}${toYaml(manifest, { lineWidth: 120 })}`;
}
