/**
 * Measures a drafted arena once, inside the sandbox, and repairs what has a known cure: at most ten tries, each shown.
 */
import { LabError } from '../../base/error.ts';
import type { Sandbox } from '../../core/ports.ts';
import { openLab, type OpenedLab } from '../../app/open-lab.ts';
import { readBlobText } from '../../ledger/jsonl.ts';
import { removeTree } from '../../os/files.ts';
import { DOCTOR_TAG, labPaths } from '../../os/paths.ts';
import { cureFor } from '../cure-for.ts';
import { applyChange, manifestStateOf, type ArenaDraft } from './draft.ts';

const MAX_TRIES = 10;

/** How the tries ended: a draft that measures, or the best one with what still fails. */
export interface TriedArena {
  readonly draft: ArenaDraft;
  readonly measured?: {
    readonly value: number;
    readonly wallS: number;
    readonly cpuS: number;
    readonly memoryMb: number;
  };
  readonly failure?: { readonly text: string; readonly fix?: string };
}

export interface TryHost {
  readonly folder: string;
  readonly sandbox: Sandbox;
  /** Writes the manifest of a draft into the folder. */
  readonly writeManifest: (draft: ArenaDraft) => void;
  readonly onTry: (number: number) => void;
  readonly onRepair: (why: string, fix: string) => void;
  readonly outsideS?: number;
}

export async function tryArena(host: TryHost, first: ArenaDraft): Promise<TriedArena> {
  let draft = first;
  for (let number = 1; ; number++) {
    host.onTry(number);
    host.writeManifest(draft);
    const once = await measureOnceInside(host);
    if ('value' in once) return { draft, measured: once };
    const { command, budget } = draft;
    const manifest = manifestStateOf(draft);
    const { folder, outsideS } = host;
    const cure = cureFor({ folder, command, budgetS: budget.seconds, manifest, outsideS, ...once });
    if (!cure?.change || number === MAX_TRIES)
      return { draft, failure: { text: once.text, ...(cure && { fix: `${cure.why}: ${cure.fix}` }) } };
    host.onRepair(cure.why, cure.fix);
    draft = applyChange(draft, cure.change);
  }
}

interface FailedOnce {
  readonly kind: string;
  readonly text: string;
}

/** One measurement of the unchanged code in a lab that is removed afterwards. */
async function measureOnceInside({
  folder,
  sandbox,
}: TryHost): Promise<NonNullable<TriedArena['measured']> | FailedOnce> {
  const paths = labPaths(folder, DOCTOR_TAG);
  removeTree(paths.lab);
  let opened: OpenedLab | undefined;
  try {
    opened = await openLab({
      folder,
      sandbox,
      tag: DOCTOR_TAG,
      limits: { experiments: 0 },
      command: 'new',
    });
    const { lab, close } = opened;
    try {
      const job = await lab.ask();
      if (job.do !== 'measure') return { kind: 'exit', text: 'there was nothing to measure' };
      const { outcome, conditions, log } = await lab.measure(job);
      if (outcome.kind !== 'measured') return { kind: outcome.class, text: `${outcome.message}\n${log}` };
      return { value: outcome.value, wallS: conditions.wallS, cpuS: conditions.cpuS, memoryMb: conditions.memoryMb };
    } finally {
      close();
    }
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown;
    return thrown.code === 'E_BASELINE' && opened?.state.guardRuns.length
      ? failedGuard(opened)
      : { kind: thrown.code, text: `${thrown.parts.what} ${thrown.parts.why}` };
  } finally {
    removeTree(paths.lab);
  }
}

/** The unchanged code failed a guard; all that it printed may name the cure. */
function failedGuard({ state, paths }: OpenedLab): FailedOnce {
  const run = state.guardRuns.at(-1)!;
  const failure = run.state === 'finished' ? run.failure : undefined;
  const log = run.state === 'finished' && run.log !== undefined ? readBlobText(paths.lab, run.log) : undefined;
  return { kind: failure?.class ?? 'guard', text: `${failure?.message ?? 'its guards did not run'}\n${log ?? ''}` };
}
