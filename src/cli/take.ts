/**
 * `overnight take`: the kept changes as a new branch of the person's repository, or as patches. Touches nothing else
 * there.
 */
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { formatCount, oneLine } from '../base/text.ts';
import { codeOf, type LabState, lineage } from '../core/state.ts';
import { wrapText } from '../render/text.ts';
import { sourceOf } from '../workspace/source.ts';
import { type KeptCommit, takeBranch, takePatches } from '../workspace/take.ts';
import { verdictWord } from '../view/words.ts';
import type { Invocation } from './command.ts';
import { experimentNumber, type FoundLab, findLab, readLab } from './find.ts';
import type { TAKE_OPTIONS } from './options.ts';
import { printText, printJson } from './output.ts';
import { quoteWord } from './program-name.ts';

export async function main(invocation: Invocation<typeof TAKE_OPTIONS>): Promise<number> {
  const { branch, patches } = invocation.options;
  if (branch !== undefined && patches !== undefined)
    throw new LabError('E_USAGE', {
      what: 'The result goes to one place.',
      why: 'Both --branch and --patches were given.',
      next: 'Give one of them.',
    });
  const foundLab = findLab(invocation);
  const { state } = readLab(foundLab);
  const steps = stepsToTake(state, invocation.options);
  const asPatches = patches !== undefined || (branch === undefined && !(await hasRepository(foundLab, state)));
  const summary = asPatches
    ? await writePatches(foundLab, state, steps, patches)
    : await createBranch(foundLab, state, steps, branch);
  if (invocation.wantsJson) printJson(summary.json);
  else printText(summary.text);
  return 0;
}

interface TakeSummary {
  readonly json: unknown;
  readonly text: string;
}

/** Is there a commit to start a branch from, in the repository that the arena belongs to now? */
const hasRepository = async ({ paths }: FoundLab, state: LabState): Promise<boolean> =>
  state.lab!.source.commit !== undefined && (await sourceOf(paths.arena)).repository !== undefined;

async function createBranch(
  { paths, tag }: FoundLab,
  state: LabState,
  steps: readonly KeptCommit[],
  branchName: string | undefined,
): Promise<TakeSummary> {
  const { commit } = state.lab!.source;
  if (!commit)
    throw new LabError('E_USAGE', {
      what: 'There is no commit to start a branch from.',
      why: 'This lab was opened outside a git repository.',
      next: '`overnight take` without --branch writes patches.',
    });
  const create = (name: string) => takeBranch(paths.arena, paths.store, codeOf(state, 0)!.commit, commit, steps, name);
  const branch = branchName ?? `overnight-${tag}`;
  const taken =
    branchName === undefined ? await withFreeName(branch, create) : { name: branch, value: await create(branch) };
  const { commits, startsWithUncommitted } = taken.value;
  const uncommittedNote = startsWithUncommitted ? '; the first has what was not committed then' : '';
  const shortCommit = commit.slice(0, 12);
  return {
    json: { branch: taken.name, ...taken.value },
    text: `Branch ${taken.name}: ${formatCount(commits, 'commit')} on ${shortCommit}${uncommittedNote}. Your checkout is untouched.\nSee it with \`git log -p ${shortCommit}..${taken.name}\`.`,
  };
}

async function writePatches(
  { paths }: FoundLab,
  state: LabState,
  steps: readonly KeptCommit[],
  folderName: string | undefined,
): Promise<TakeSummary> {
  const { subfolder = '' } = state.lab!.source;
  const write = (folder: string) => takePatches(paths.store, subfolder, codeOf(state, 0)!.commit, steps, folder);
  // Below .overnight a new folder is no change of the arena.
  const folder = path.resolve(folderName ?? path.join(paths.report, 'patches'));
  const taken =
    folderName === undefined ? await withFreeName(folder, write) : { name: folder, value: await write(folder) };
  const shownFolder = path.relative(process.cwd(), taken.name);
  const patchCount = formatCount(taken.value.length, 'patch', 'patches');
  return {
    json: { patches: taken.value },
    text: `${patchCount} in ${taken.name}.\nApply them in a repository of the code with \`git am ${quoteWord(shownFolder.startsWith('..') ? taken.name : shownFolder)}/*.patch\`.`,
  };
}

/** The name, or the name with the first number that is free: what exists is never changed. */
async function withFreeName<T>(
  name: string,
  create: (freeName: string) => Promise<T>,
): Promise<{ readonly name: string; readonly value: T }> {
  for (let i = 1; ; i++) {
    const freeName = i === 1 ? name : `${name}-${i}`;
    try {
      return { name: freeName, value: await create(freeName) };
    } catch (thrown) {
      if (!(thrown instanceof LabError && thrown.code === 'E_EXISTS')) throw thrown;
    }
  }
}

type TakeOptions = Pick<Invocation<typeof TAKE_OPTIONS>['options'], 'confirmed' | 'experiment'>;

function stepsToTake(state: LabState, { confirmed, experiment }: TakeOptions): readonly KeptCommit[] {
  const chosenNumber = experiment === undefined ? undefined : experimentNumber(experiment, state.experiments.length);
  if (chosenNumber !== undefined && !codeOf(state, chosenNumber))
    throw new LabError('E_NOT_FOUND', {
      what: `#${chosenNumber} cannot be taken.`,
      why: 'It was refused, so it has no code.',
      next: '`overnight log` lists the experiments.',
    });
  const steps = stepsOf(state, chosenNumber ?? (confirmed ? state.champion : state.incumbent));
  if (steps.length > 0) return steps;
  if (chosenNumber === 0)
    throw new LabError('E_NOT_FOUND', {
      what: 'There is nothing to take.',
      why: '#0 is the baseline: the code as it was.',
      next: '`overnight log` lists the experiments.',
    });
  throw new LabError('E_NOT_FOUND', {
    what: 'There is nothing to take.',
    why: confirmed ? 'No step was confirmed.' : 'No idea was carried on.',
    next:
      confirmed && state.incumbent > 0
        ? 'Without --confirmed, unconfirmed changes are taken too.'
        : 'Let it run longer: `overnight run`.',
  });
}

/** One commit per kept experiment, with the evidence in its message. */
function stepsOf(state: LabState, tipNumber: number): readonly KeptCommit[] {
  return lineage(state, tipNumber)
    .slice(1)
    .map((n) => ({ commit: codeOf(state, n)!.commit, message: messageOf(state, n) }));
}

function messageOf(state: LabState, n: number): string {
  const experiment = state.experiments[n]!;
  const decision = experiment.state === 'decided' ? experiment.decision : undefined;
  const confirmation = state.confirmations.filter((entry) => entry.n === n).at(-1);
  const { tag, arena } = state.lab!;
  const hypothesis = oneLine(experiment.idea.hypothesis, 4000);
  const subject = subjectOf(experiment.idea.note?.title ?? hypothesis);
  return [
    subject,
    '',
    ...(subject === hypothesis ? [] : [...wrapText(hypothesis, SUBJECT_COLUMNS), '']),
    `Experiment #${n} of lab ${tag}, proposed by ${experiment.idea.proposer}.`,
    ...(decision ? [`Verdict: ${verdictWord(decision.verdict)} (${decision.rule}): ${decision.reason}`] : []),
    confirmation
      ? `Confirmation: ${confirmation.passed ? 'passed' : 'not passed'}: ${confirmation.reason}`
      : 'Confirmation: not tested on its own',
    `Metric: ${arena.metric.name}`,
    '',
    `Proposed-by: ${proposerOf(state, n)}`,
    '',
  ].join('\n');
}

/** Who proposed a step, with the model where it is known: that of the idea which it carries over. */
function proposerOf(state: LabState, n: number): string {
  const { proposer, carries, note, call } = state.experiments[n]!.idea;
  if (carries !== undefined) return proposerOf(state, carries);
  const model = note?.model ?? (call === undefined ? undefined : state.calls[call]?.start.model);
  return `${oneLine(proposer, 100)}${model === undefined ? '' : ` (${oneLine(model, 100)})`}`;
}

/** What tools show of a commit in one line. */
const SUBJECT_COLUMNS = 72;

/** The hypothesis, or its beginning up to a word. */
function subjectOf(hypothesis: string): string {
  if (hypothesis.length <= SUBJECT_COLUMNS) return hypothesis;
  const cut = hypothesis.slice(0, SUBJECT_COLUMNS - 3);
  const end = cut.lastIndexOf(' ');
  return `${end > SUBJECT_COLUMNS / 2 ? cut.slice(0, end) : cut}...`;
}
