/**
 * Several measurements at once: how many experiments an hour, how busy the slots are, and what the harness itself takes
 * of one core. Runs sleep, because the question is what the harness adds, not what the machine can compute. Everything
 * is real: processes in the sandbox, git, ledger, decisions. `npm run bench:fleet [-- --quick]`. Ratios are of runs of
 * the same minutes.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { openLab } from '../src/app/open-lab.ts';
import type { Proposer } from '../src/core/ports.ts';
import type { LabState } from '../src/core/state.ts';
import { loadAverage } from '../src/os/machine.ts';
import { chooseSandbox } from '../src/sandbox/choose.ts';

interface Trial {
  readonly slots: number;
  /** Seconds that a run sleeps, and that a proposer thinks. */
  readonly runS: number;
  readonly ideaS: number;
  readonly calls?: number;
  readonly experiments: number;
}

interface Result extends Trial {
  readonly perHour: number;
  /** Share of the slots' time in which a measurement was running. */
  readonly busy: number;
  /** Processor time of the harness, as a share of one core. */
  readonly core: number;
  readonly peakMb: number;
}

function makeArena({ runS }: Trial): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-fleet-'));
  fs.writeFileSync(path.join(folder, 'value.txt'), 'VALUE=1\n');
  const lines = [': > "$OVERNIGHT_START"', `sleep ${runS}`, '. ./value.txt', 'echo "score: $VALUE.$OVERNIGHT_SEED"'];
  fs.writeFileSync(path.join(folder, 'run.sh'), `${lines.join('\n')}\n`);
  const manifest = {
    overnight: 1,
    name: 'sleep',
    metric: { name: 'score', direction: 'minimize' },
    editable: ['value.txt'],
    run: { command: 'sh run.sh' },
    budget: { seconds: runS + 5, wall_s: runS + 20 },
    calibrate: { replicates: 3 },
    resources: { cpus: 1, memory_mb: 64 },
    decide: { controls: 0, drift: 0 },
  };
  fs.writeFileSync(path.join(folder, 'arena.yaml'), JSON.stringify(manifest));
  return folder;
}

function slowProposer(ideaS: number): Proposer {
  let ideas = 0;
  return {
    name: 'counter',
    propose: async ({ signal }) => {
      ideas++;
      if (ideaS > 0) await new Promise((resolve) => setTimeout(resolve, ideaS * 1000));
      if (signal.aborted) return { kind: 'none', reason: 'no longer wanted' };
      return {
        kind: 'edit',
        hypothesis: `idea ${ideas}`,
        edits: [{ path: 'value.txt', content: `VALUE=${1 + ideas}\n` }],
      };
    },
  };
}

async function measure(trial: Trial): Promise<Result> {
  const folder = makeArena(trial);
  const { sandbox } = await chooseSandbox();
  const opened = await openLab({
    folder,
    sandbox,
    slots: trial.slots,
    ...(trial.calls !== undefined && { calls: trial.calls }),
    proposer: slowProposer(trial.ideaS),
    limits: { experiments: trial.experiments },
  });
  let cpuAtStart: NodeJS.CpuUsage | undefined;
  let startedAt = 0;
  const stop = await opened.run({
    onJob: ({ purpose }) => {
      if (purpose !== 'idea' || cpuAtStart) return;
      cpuAtStart = process.cpuUsage();
      startedAt = performance.now();
    },
  });
  if (stop.reason !== 'experiments') throw new Error(`the bench’s session ended with ${stop.reason}: ${stop.detail}`);
  const { user, system } = process.cpuUsage(cpuAtStart);
  const wallS = (performance.now() - startedAt) / 1000;
  fs.rmSync(folder, { recursive: true, force: true });
  return { ...trial, ...rates(opened.state, trial), core: (user + system) / 1e6 / wallS, peakMb: peakMb() };
}

const peakMb = (): number => process.resourceUsage().maxRSS / 1024;

/** From the start of the first idea until proposing ended: after that, slots are empty for want of ideas to try. */
function rates(state: LabState, { slots }: Trial): Pick<Result, 'perHour' | 'busy'> {
  const runs = state.measurements.flatMap((measurement) =>
    measurement.state === 'finished'
      ? [{ ...measurement, from: Date.parse(measurement.startedAt), to: Date.parse(measurement.at) }]
      : [],
  );
  const ideas = runs.filter(({ purpose }) => purpose === 'idea');
  const from = Math.min(...ideas.map((run) => run.from));
  const to = Math.max(...ideas.map((run) => run.from));
  const busyMs = runs.reduce((sum, run) => sum + Math.max(0, Math.min(run.to, to) - Math.max(run.from, from)), 0);
  const ended = ideas.filter((run) => run.to <= to).length;
  return { perHour: (ended / (to - from)) * 3_600_000, busy: busyMs / (slots * (to - from)) };
}

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

async function main(): Promise<void> {
  if (process.argv.includes('--one'))
    return void console.log(await measure({ slots: 64, runS: 3, ideaS: 0, experiments: 256 }));
  const isQuick = process.argv.includes('--quick');
  const rounds = isQuick ? 4 : 12;
  const alone = await measure({ slots: 1, runS: 3, ideaS: 0, experiments: isQuick ? 6 : 15 });
  const many = [
    await measure({ slots: 16, runS: 3, ideaS: 0, experiments: 16 * rounds }),
    await measure({ slots: 64, runS: 3, ideaS: 0, experiments: 64 * rounds }),
  ];
  // A proposer of 60 s and runs of 300 s, a hundred times as fast.
  const thinking = [
    await measure({ slots: 1, runS: 3, ideaS: 0.6, experiments: isQuick ? 6 : 15 }),
    await measure({ slots: 4, runS: 3, ideaS: 0.6, experiments: 4 * rounds }),
    await measure({ slots: 16, runS: 3, ideaS: 0.6, calls: 4, experiments: 16 * rounds }),
  ];
  console.log(
    row(['slots', 'run', 'proposer', 'calls', 'experiments an hour', 'times one slot', 'busy', 'of a core', 'memory']),
  );
  console.log(row(Array.from({ length: 9 }, () => '---')));
  for (const result of [alone, ...many, ...thinking]) {
    const { slots, runS, ideaS, calls = 1, perHour, busy, core, peakMb: memory } = result;
    const times = (perHour / alone.perHour).toFixed(2);
    console.log(
      row([
        slots,
        `${runS} s`,
        `${ideaS} s`,
        calls,
        perHour.toFixed(0),
        times,
        percent(busy),
        percent(core),
        `${memory.toFixed(0)} MB`,
      ]),
    );
  }
  const [sixteen, sixtyFour] = many.map(({ perHour }) => perHour / alone.perHour);
  console.log(
    `16 slots are ${sixteen!.toFixed(1)} times one, 64 slots ${sixtyFour!.toFixed(1)} times; load ${loadAverage()}, ${os.availableParallelism()} cores`,
  );
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

await main();
