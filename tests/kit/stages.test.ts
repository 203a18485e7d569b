/** The kit in the stages of an arena: mounted everywhere, writable nowhere, and part of what a lab is measured with. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareArena } from '../../src/app/compare-arena.ts';
import { locateLab } from '../../src/app/locate-lab.ts';
import { openLab } from '../../src/app/open-lab.ts';
import { hashKit, KIT_FOLDER } from '../../src/os/kit.ts';
import { hashTree } from '../../src/os/trees.ts';
import type { Proposer } from '../../src/core/ports.ts';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { freshFolder } from '../fixtures/cli.ts';

const MANIFEST = `overnight: 1
name: small
metric: { name: loss, direction: minimize }
editable: [x.py]
hidden: [evaluate.mjs]
prepare: { command: node prepare.mjs }
data: { candidate: [x.txt] }
run: { command: python3 x.py }
artefact: [y.json]
evaluate: { command: node evaluate.mjs }
budget: { seconds: 20, grace_s: 5, wall_s: 40 }
calibrate: { replicates: 3 }
`;
const FILES = {
  'arena.yaml': MANIFEST,
  'prepare.mjs': `const kit = await import(process.env.OVERNIGHT_KIT + '/kit.mjs');
const [row] = kit.csv('id,x\\na,3\\n', { columns: { x: 'number' } });
(await import('node:fs')).writeFileSync(process.env.OVERNIGHT_DATA + '/x.txt', String(row.x));
`,
  'evaluate.mjs': `const kit = await import(process.env.OVERNIGHT_KIT + '/kit.mjs');
kit.result({ loss: kit.artefact('y.json', { as: 'json' }).y + 0.01 * kit.rng().uniform() });
`,
};
const candidate = (code = ''): string => `import os, sys
sys.path.insert(0, os.environ["OVERNIGHT_KIT"])
import overnight_kit as kit
${code}
x = int(open(os.environ["OVERNIGHT_DATA"] + "/x.txt").read())
kit.predict(lambda: {"y.json": '{"y": %d}' % x}, config={"X": x})
`;

const once = (content: string): Proposer => {
  let isDone = false;
  return {
    name: 'test',
    propose: async () => {
      if (isDone) return { kind: 'none', reason: 'no ideas' };
      isDone = true;
      return { kind: 'edit', hypothesis: 'change', edits: [{ path: 'x.py', content }] };
    },
  };
};

async function runSmall(idea: string, files: Readonly<Record<string, string>> = FILES) {
  const folder = freshFolder('small');
  for (const [file, content] of Object.entries({ ...files, 'x.py': candidate() }))
    fs.writeFileSync(path.join(folder, file), content);
  const opened = await openLab({ folder, tag: 't', proposer: once(idea), limits: { experiments: 1 } });
  await opened.run();
  return { folder, state: opened.state };
}

describe('the kit in an arena', () => {
  it('serves prepare, candidate and evaluator, and is written into the ledger', { timeout: 120_000 }, async () => {
    const { folder, state } = await runSmall(candidate('# another'));
    expect(state.measurements[0]).toMatchObject({ state: 'finished', outcome: { kind: 'measured' } });
    expect(state.measurements[0]!.state === 'finished' && state.measurements[0]!.outcome).toMatchObject({
      value: expect.closeTo(3.005, 1),
    });
    expect(state.lab!.files.kit).toBe(hashKit());
    const located = await locateLab({ folder, tag: 't' });
    expect(await compareArena(located, state)).toMatchObject({ verdict: 'same' });
    const withOtherKit = {
      ...located,
      loadedArena: { ...located.loadedArena, hashes: { ...located.loadedArena.hashes, kit: 'f'.repeat(64) } },
    };
    await expect(compareArena(withOtherKit, state)).rejects.toThrow('The kit for arenas is another one');
  });

  it('cannot be changed by a candidate', { timeout: 120_000 }, async (context) => {
    if ((await chooseSandbox()).sandbox.info.level !== 'bubblewrap') context.skip('no bubblewrap');
    const before = hashTree(KIT_FOLDER);
    const { state } = await runSmall(
      candidate('open(os.environ["OVERNIGHT_KIT"] + "/kit.mjs", "a").write("// changed")'),
    );
    expect(hashTree(KIT_FOLDER)).toBe(before);
    const [, idea] = state.experiments;
    expect(idea!.state === 'decided' && idea!.decision).toMatchObject({ verdict: 'crashed' });
    expect(JSON.stringify(idea)).toMatch(/Read-only file system|Permission denied/);
  });

  it('is not recorded for an arena that does not use it', { timeout: 120_000 }, async () => {
    const folder = freshFolder('plain');
    fs.writeFileSync(
      path.join(folder, 'arena.yaml'),
      'overnight: 1\nname: plain\nmetric: { name: x, direction: minimize, plausible: { min: 0, max: 9 } }\neditable: [x.sh]\nrun: { command: sh x.sh }\nbudget: { seconds: 5, wall_s: 9 }\n',
    );
    fs.writeFileSync(path.join(folder, 'x.sh'), 'echo "x: 1"\n');
    const { loadedArena } = await locateLab({ folder, tag: 't' });
    expect(loadedArena.hashes.kit).toBeUndefined();
  });
});
