/**
 * A night in a dozen lines: open a lab on an arena, ask for the next measurement, make it, tell the result. The harness
 * calibrates, proposes, decides and records. Run it with `npx tsx examples/01-minimal.ts [arena folder]`.
 */
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLab, verdictOf } from '../src/index.ts';

const folder = join(mkdtempSync(join(tmpdir(), 'overnight-example-')), 'hello');
cpSync(process.argv[2] ?? new URL('../arenas/hello', import.meta.url).pathname, folder, { recursive: true });

const { lab, close } = await openLab({ folder, tag: 'example', limits: { experiments: 5 } });
for (let job = await lab.ask(); job.do === 'measure'; job = await lab.ask()) {
  const told = await lab.tell(job, await lab.measure(job));
  console.log(`#${job.n} ${job.purpose}: ${told.decided ? told.decision.verdict : told.reason}`);
}
const steps = lab.state.experiments.filter((x) => verdictOf(x) === 'kept').length;
console.log(`${lab.state.experiments.length - 1} ideas, ${steps} carried on`);
close();
