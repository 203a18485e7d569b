import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { expect, it } from 'vitest';
import { briefOf, Script } from '../testing/script.ts';
import { exampleProposer, listExamples } from './example-ideas.ts';

const diffTo = (value: number): string => `--- a/x.ts\n+++ b/x.ts\n@@ -1 +1 @@\n-let x = 1;\n+let x = ${value};\n`;

function arenaWithExamples(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'examples-'));
  fs.mkdirSync(path.join(folder, 'examples'));
  const write = (name: string, content: string): void => fs.writeFileSync(path.join(folder, 'examples', name), content);
  write('02-a-larger-x.patch', diffTo(3));
  write('01-two-is-better.patch', diffTo(2));
  write('cheat-prints-the-number.patch', diffTo(9));
  write('README.md', 'examples');
  return folder;
}

it('the examples of an arena are its ideas in their order, without the cheats', async () => {
  const folder = arenaWithExamples();
  expect(listExamples(folder)).toEqual(['01-two-is-better.patch', '02-a-larger-x.patch']);
  const proposer = exampleProposer(folder);
  const files = new Map([['x.ts', 'let x = 1;\n']]);
  const script = new Script().addCalibration([5, 5.01, 4.99]);
  const ask = async () => proposer.propose(briefOf(script.state, files));
  expect(await ask()).toMatchObject({
    hypothesis: 'two is better',
    edits: [{ path: 'x.ts', content: 'let x = 2;\n' }],
  });
  script.propose('one', { proposer: 'examples' }).addSnapshot();
  expect(await ask()).toMatchObject({ hypothesis: 'a larger x' });
  script.propose('two', { proposer: 'examples' }).addSnapshot();
  expect(await ask()).toMatchObject({ kind: 'none', reason: 'every example was tried' });
});

it('an example that does not apply to the best code any more is no idea, and says so', async () => {
  const proposer = exampleProposer(arenaWithExamples());
  const { state } = new Script().addCalibration([5, 5.01, 4.99]);
  const answer = await proposer.propose(briefOf(state, new Map([['x.ts', 'let y = 7;\n']])));
  expect(answer).toMatchObject({
    kind: 'none',
    reason: expect.stringMatching(/^01-two-is-better\.patch does not apply: /),
  });
});
