/**
 * What a call of an agent costs outside of the model: each pinned agent reads and edits a file, bare against a scripted
 * server, and in the jail through the gateway. `npx tsx bench/agents.ts [rounds]`; needs `node scripts/arena-deps.mjs
 * tests/agents`. Prints medians in milliseconds.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { probeProgram } from '../src/agents/program.ts';
import { RECIPES } from '../src/agents/recipes.ts';
import type { LaunchContext } from '../src/agents/recipe.ts';
import type { AgentTask } from '../src/core/ports.ts';
import { captureOutput } from '../src/os/spawn.ts';
import { calling, following, INSIDE, programOf, REAL, REAL_NAMES, scene } from '../tests/agents/scene.ts';
import { dialectOf } from '../tests/fixtures/models/dialects.ts';

const rounds = Number(process.argv[2] ?? 5);
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
let dir = INSIDE;
const script = following((_, asked) => {
  const d = dialectOf(asked, dir)!;
  return calling(d.read?.('train.py'), d.edit('train.py', 'x = 0', 'x = 42'));
});
const place = await scene(script);

function fresh(): AgentTask {
  const task = mkdtempSync(join(tmpdir(), 'overnight-bench-'));
  writeFileSync(join(task, 'train.py'), 'x = 0\n');
  writeFileSync(join(task, 'evaluate.py'), 'import train\n');
  return place.task({ dir: task });
}

async function bare(
  name: (typeof REAL_NAMES)[number],
  program: Awaited<ReturnType<typeof probeProgram>>,
): Promise<number> {
  const task = fresh();
  const home = mkdtempSync(join(tmpdir(), 'overnight-bench-home-'));
  dir = task.dir;
  const recipe = RECIPES.find((each) => each.name === name)!;
  const setting: LaunchContext = {
    task,
    layout: { dir: task.dir, home, gateway: place.server.url, token: 'none' },
    route: REAL[name].api,
    model: REAL[name].model,
    isJailed: true,
    hasFlag: (flag) => program.flags.has(flag),
  };
  for (const [path, content] of Object.entries(recipe.files?.(setting) ?? {})) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), content);
  }
  const env = { PATH: process.env.PATH ?? '', HOME: home, ...recipe.env(setting), CI: '1', NO_COLOR: '1' };
  const begun = performance.now();
  await captureOutput(program.path, recipe.argv(setting), {
    cwd: task.dir,
    env,
    ...(recipe.prompt === 'stdin' && { input: task.prompt }),
  });
  const took = performance.now() - begun;
  for (const each of [home, task.dir]) rmSync(each, { recursive: true, force: true });
  return took;
}

for (const name of REAL_NAMES) {
  const agent = await place.agent(name);
  const program = await probeProgram(
    RECIPES.find((each) => each.name === name)!,
    programOf(name),
  );
  const times: { bare: number[]; jailed: number[] } = { bare: [], jailed: [] };
  for (let round = 0; round <= rounds; round++) {
    const alone = await bare(name, program);
    dir = INSIDE;
    const task = fresh();
    const begun = performance.now();
    const result = await agent.run(task);
    const jailed = performance.now() - begun;
    rmSync(task.dir, { recursive: true, force: true });
    if (result.kind !== 'done') throw new Error(JSON.stringify(result));
    if (round === 0) continue; // caches of the file system
    times.bare.push(alone);
    times.jailed.push(jailed);
  }
  const added = times.jailed.map((each, i) => each - times.bare[i]!);
  console.log(
    `${name.padEnd(8)} bare ${median(times.bare).toFixed(0)}  jailed ${median(times.jailed).toFixed(0)}  added ${median(added).toFixed(0)} (${rounds} rounds)`,
  );
}

const command = await place.open({ name: 'command', command: 'true' });
const nothing: number[] = [];
for (let round = 0; round < 4 * rounds; round++) {
  const task = fresh();
  const begun = performance.now();
  await command.run(task);
  nothing.push(performance.now() - begun);
  rmSync(task.dir, { recursive: true, force: true });
}
console.log(`command  a program that does nothing, jailed: ${median(nothing).toFixed(0)} (${nothing.length} rounds)`);
await place.close();
