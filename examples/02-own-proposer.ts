/**
 * Ideas of your own: anything that turns the current files into edits is a proposer. This one walks X towards a guess.
 * The harness still measures, decides and records. Run it with `npx tsx examples/02-own-proposer.ts`.
 */
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLab, type Proposer } from '../src/index.ts';

const folder = join(mkdtempSync(join(tmpdir(), 'overnight-example-')), 'hello');
cpSync(new URL('../arenas/hello', import.meta.url).pathname, folder, { recursive: true });

const walker: Proposer = {
  name: 'walker',
  async propose({ files, n }) {
    const source = files.get('candidate.sh')!;
    const x = Number(/^X=(.*)$/m.exec(source)![1]) + 0.5;
    if (x > 3) return { kind: 'none', reason: 'walked far enough' };
    return {
      kind: 'edit',
      hypothesis: `X = ${x} (step ${n})`,
      edits: [{ path: 'candidate.sh', content: source.replace(/^X=.*$/m, `X=${x}`) }],
    };
  },
};

const { run, state } = await openLab({ folder, tag: 'walk', proposer: walker, limits: { experiments: 6 } });
const stop = await run();
console.log(`${stop.reason}: ${stop.detail}; incumbent #${state.incumbent}, champion #${state.champion}`);
