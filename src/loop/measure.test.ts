/** One measurement, with runs that do at once what a test says: what is checked around candidate and evaluator. */
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { arenaSchema } from '../core/arena.ts';
import type { RunSpec, Workspace } from '../core/ports.ts';
import { hashTree, stampTree } from '../os/files.ts';
import { instantSandbox, type InstantSandbox, type PlayRun } from '../testing/instant-sandbox.ts';
import { MINIMAL_MANIFEST } from '../testing/script.ts';
import { openWorkspace } from '../workspace/git.ts';
import { type MeasureRequest, type MeasureResult, measureOnce } from './measure.ts';
import type { Bench } from './process-specs.ts';

const NONCE = 'a nonce';
let folder = '';
let workspace: Workspace;
let commit = '';
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'overnight-measure-'));
  for (const name of ['arena', 'pristine', 'data']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'arena', 'x.ts'), 'X = 1\n');
  writeFileSync(join(folder, 'arena', 'judge.ts'), 'judge\n');
  writeFileSync(join(folder, 'pristine', 'judge.ts'), 'judge\n');
  writeFileSync(join(folder, 'data', 'train.txt'), 'data\n');
  workspace = await openWorkspace(join(folder, 'arena'), join(folder, 'store.git'));
  commit = (await workspace.importBaseline('refs/overnight/a/0', '2026-03-07T20:00:00.000Z')).commit;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A candidate that writes its artefact, and an evaluator that scores it. */
const writeArtefact = ({ env }: RunSpec): void => writeFileSync(join(env.OVERNIGHT_OUT!, 'x.txt'), 'X\n');
const writeScore = ({ env }: RunSpec, nonce = env.OVERNIGHT_NONCE): void =>
  writeFileSync(env.OVERNIGHT_RESULT!, `nonce: ${nonce}\nloss: 2\n`);
const isEvaluator = ({ env }: RunSpec): boolean => env.OVERNIGHT_STAGE === 'evaluate';
const playHonestly: PlayRun = (spec) => {
  if (isEvaluator(spec)) writeScore(spec);
  else writeArtefact(spec);
  return undefined;
};

interface Scene {
  readonly play?: PlayRun;
  readonly manifest?: Readonly<Record<string, unknown>>;
  readonly request?: Partial<MeasureRequest>;
  readonly workspace?: Bench['workspace'];
}

async function measure(scene: Scene = {}): Promise<MeasureResult & { readonly sandbox: InstantSandbox }> {
  const sandbox = instantSandbox(scene.play ?? playHonestly);
  const [pristineDir, dataDir] = [join(folder, 'pristine'), join(folder, 'data')];
  const bench: Bench = {
    arena: arenaSchema.parse({
      ...MINIMAL_MANIFEST,
      frozen: ['judge.ts'],
      artefact: ['x.txt'],
      evaluate: { command: 'judge' },
      ...scene.manifest,
    }),
    workspace: scene.workspace ?? workspace,
    sandbox,
    workFolder: join(folder, 'work'),
    personFolder: folder,
    pristine: { dir: pristineDir, hash: hashTree(pristineDir) },
    data: { dir: dataDir, stamp: stampTree(dataDir) },
    cores: { candidate: [], evaluator: [] },
    tag: 'test',
  };
  const request = {
    m: 0,
    commit,
    seed: 1,
    judgeSeed: 1,
    nonce: NONCE,
    screensFirst: true,
    ...scene.request,
  };
  return { ...(await measureOnce(bench, request)), sandbox };
}

describe('a measurement', () => {
  it('runs the candidate, then the evaluator on its artefact, and leaves nothing when it is discarded', async () => {
    const result = await measure();
    expect(result.outcome).toMatchObject({ kind: 'measured', value: 2 });
    expect(result.sandbox.specs.map(isEvaluator)).toEqual([false, true]);
    expect(existsSync(join(result.artefactDir, 'x.txt'))).toBe(true);
    result.discard();
    expect(existsSync(join(folder, 'work', 'm0'))).toBe(false);
  });

  it('starts nothing where a file is not as its commit has it', async () => {
    const meddling: Bench['workspace'] = {
      checkout: async (checkedOutCommit, directory, isSkipped) => {
        await workspace.checkout(checkedOutCommit, directory, isSkipped);
        appendFileSync(join(directory, 'x.ts'), 'X = 0\n');
      },
      findDifference: (...args) => workspace.findDifference(...args),
    };
    const { outcome, sandbox } = await measure({ workspace: meddling });
    expect(outcome).toMatchObject({ kind: 'crashed', class: 'frozen-changed' });
    expect(outcome).toMatchObject({ message: expect.stringContaining('x.ts was changed by somebody') });
    expect(sandbox.specs).toEqual([]);
  });

  it.each([
    ['its own files', (spec: RunSpec) => join(spec.env.OVERNIGHT_ARENA!, 'judge.ts'), 'frozen-changed', 'candidate’s'],
    ['the evaluator’s files', () => join(folder, 'pristine', 'judge.ts'), 'frozen-changed', 'evaluator’s'],
    ['the data', () => join(folder, 'data', 'train.txt'), 'data-changed', 'prepared data'],
  ])('fails where the candidate changes %s', async (_, fileOf, failureClass, message) => {
    const play: PlayRun = (spec) => {
      if (!isEvaluator(spec)) appendFileSync(fileOf(spec), 'changed\n');
      return playHonestly(spec);
    };
    const { outcome, sandbox } = await measure({ play });
    expect(outcome).toMatchObject({ class: failureClass, message: expect.stringContaining(message) });
    expect(sandbox.specs).toHaveLength(1);
  });

  it('takes no number from a result with another nonce', async () => {
    const play: PlayRun = (spec) => (isEvaluator(spec) ? void writeScore(spec, 'guessed') : void writeArtefact(spec));
    expect((await measure({ play })).outcome).toMatchObject({ kind: 'crashed', class: 'nonce' });
  });

  it('takes no artefact of the screening for one of the full run', async () => {
    const screen = { screen: { seconds: 0.5 }, budget: { seconds: 1, wall_s: 2 } };
    let runs = 0;
    const play: PlayRun = (spec) => (runs++ === 0 ? void writeArtefact(spec) : undefined);
    const { outcome, sandbox } = await measure({ play, manifest: screen });
    expect(sandbox.specs.map(({ env }) => env.OVERNIGHT_BUDGET_S)).toEqual(['0.5', '1']);
    expect(outcome).toMatchObject({ kind: 'crashed', class: 'no-artefact' });
  });

  it('tells the holdout’s evaluator alone how many versions were tried', async () => {
    const holdout = { holdout: { command: 'judge', data: ['hidden'] }, prepare: { command: 'split' } };
    const play: PlayRun = (spec) => (spec.env.OVERNIGHT_RESULT ? void writeScore(spec) : void writeArtefact(spec));
    const { outcome, sandbox } = await measure({ play, manifest: holdout, request: { asksHoldout: true, trials: 7 } });
    expect(outcome).toMatchObject({ kind: 'measured' });
    expect(sandbox.specs.map(({ env }) => [env.OVERNIGHT_STAGE, env.OVERNIGHT_TRIALS])).toEqual([
      ['run', undefined],
      ['evaluate', undefined],
      ['holdout', '7'],
    ]);
  });

  it('knows a configuration by its content, whatever the seed', async () => {
    const configOf = async (text: string): Promise<string | undefined> => {
      const play: PlayRun = (spec) => {
        if (!isEvaluator(spec)) writeFileSync(join(spec.env.OVERNIGHT_OUT!, 'config.txt'), text);
        return playHonestly(spec);
      };
      const { conditions, discard } = await measure({ play });
      discard();
      return conditions.config;
    };
    const plain = await configOf('width: 4\n');
    expect(await configOf('width: 5\n')).not.toBe(plain);
    expect(await configOf('seed: 1\nwidth: 4\n')).toBe(plain);
  });
});
