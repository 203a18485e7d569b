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
const medianOf = (values: readonly number[]): number =>
  [...values].sort((left, right) => left - right)[values.length >> 1]!;
let workDir = INSIDE;
const script = following((_, request) => {
  const dialect = dialectOf(request, workDir)!;
  return calling(dialect.read?.('train.py'), dialect.edit('train.py', 'x = 0', 'x = 42'));
});
const agentScene = await scene(script);

function makeTask(): AgentTask {
  const taskDir = mkdtempSync(join(tmpdir(), 'overnight-bench-'));
  writeFileSync(join(taskDir, 'train.py'), 'x = 0\n');
  writeFileSync(join(taskDir, 'evaluate.py'), 'import train\n');
  return agentScene.task({ dir: taskDir });
}

async function runBare(
  name: (typeof REAL_NAMES)[number],
  program: Awaited<ReturnType<typeof probeProgram>>,
): Promise<number> {
  const task = makeTask();
  const homeDir = mkdtempSync(join(tmpdir(), 'overnight-bench-home-'));
  workDir = task.dir;
  const recipe = RECIPES.find((knownRecipe) => knownRecipe.name === name)!;
  const launchContext: LaunchContext = {
    task,
    layout: { dir: task.dir, home: homeDir, gateway: agentScene.server.url, token: 'none' },
    route: REAL[name].api,
    model: REAL[name].model,
    isJailed: true,
    hasFlag: (flag) => program.flags.has(flag),
  };
  for (const [relativePath, content] of Object.entries(recipe.files?.(launchContext) ?? {})) {
    mkdirSync(dirname(join(homeDir, relativePath)), { recursive: true });
    writeFileSync(join(homeDir, relativePath), content);
  }
  const environment = {
    PATH: process.env.PATH ?? '',
    HOME: homeDir,
    ...recipe.env(launchContext),
    CI: '1',
    NO_COLOR: '1',
  };
  const startedMs = performance.now();
  await captureOutput(program.path, recipe.argv(launchContext), {
    cwd: task.dir,
    env: environment,
    ...(recipe.prompt === 'stdin' && { input: task.prompt }),
  });
  const elapsedMs = performance.now() - startedMs;
  for (const directory of [homeDir, task.dir]) rmSync(directory, { recursive: true, force: true });
  return elapsedMs;
}

for (const name of REAL_NAMES) {
  const agent = await agentScene.agent(name);
  const program = await probeProgram(
    RECIPES.find((recipe) => recipe.name === name)!,
    programOf(name),
  );
  const durations: { runBare: number[]; jailed: number[] } = { runBare: [], jailed: [] };
  for (let round = 0; round <= rounds; round++) {
    const bareMs = await runBare(name, program);
    workDir = INSIDE;
    const task = makeTask();
    const startedMs = performance.now();
    const result = await agent.run(task);
    const jailedMs = performance.now() - startedMs;
    rmSync(task.dir, { recursive: true, force: true });
    if (result.kind !== 'done') throw new Error(JSON.stringify(result));
    if (round === 0) continue; // caches of the file system
    durations.runBare.push(bareMs);
    durations.jailed.push(jailedMs);
  }
  const addedMs = durations.jailed.map((jailedMs, i) => jailedMs - durations.runBare[i]!);
  console.log(
    `${name.padEnd(8)} bare ${medianOf(durations.runBare).toFixed(0)}  jailed ${medianOf(durations.jailed).toFixed(0)}  added ${medianOf(addedMs).toFixed(0)} (${rounds} rounds)`,
  );
}

const idleAgent = await agentScene.open({ name: 'command', command: 'true' });
const idleDurations: number[] = [];
for (let round = 0; round < 4 * rounds; round++) {
  const task = makeTask();
  const startedMs = performance.now();
  await idleAgent.run(task);
  idleDurations.push(performance.now() - startedMs);
  rmSync(task.dir, { recursive: true, force: true });
}
console.log(
  `command  a program that does nothing, jailed: ${medianOf(idleDurations).toFixed(0)} (${idleDurations.length} rounds)`,
);
await agentScene.close();
