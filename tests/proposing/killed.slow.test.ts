/**
 * kill -9 of the harness while an agent is called, answers, or repairs: `run` again ends the same night, and every call
 * has an end.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  copyOf,
  type Ended,
  expectClean,
  freshFolder,
  ledgerLines,
  overnight,
  ownFiles,
  processesOf,
  ROOT,
  smallArena,
} from '../fixtures/cli.ts';

/** Breaks the code in its first call, mends it in the repair: one less at each experiment. */
const AGENT = `#!/bin/sh
x=$(sed -n 's/^X=//p' x.sh)
if grep -q boom x.sh; then kept=$(grep -v boom x.sh); printf '%s\\n' "$kept" > x.sh
else sed -i "s/^X=.*/X=$((x - 1))/; s/^: >/exit 7 # boom\\n: >/" x.sh; fi
echo '{"hypothesis": "one less"}'
`;
const IDEAS = 2;

it('goes on as if nothing had been', async () => {
  const agent = join(freshFolder(), 'agent.sh');
  writeFileSync(agent, AGENT, { mode: 0o755 });
  const arena = smallArena();
  const args = ['run', '--tag', 'a', '--json', '--agent', 'command', '--agent-command', agent, '--unsafe'];
  const night = (cwd: string, env: Record<string, string>, more: readonly string[]): Promise<Ended> =>
    overnight([...args, ...more], {
      cwd,
      env: { OVERNIGHT_SANDBOX: 'process', ...env },
      node: ['--import', join(ROOT, 'tests', 'fixtures', 'bin', 'effects.mjs')],
    });
  const whole = copyOf(arena);
  const trace = join(whole, '..', 'trace');
  const first = await night(whole, { TRACE: trace }, ['--experiments', String(IDEAS)]);
  expect(first.status, first.stdout + first.stderr).toBe(0);
  expect(first.json.filter((event) => event.type === 'repaired')).toHaveLength(IDEAS);
  const names = [...new Set(readFileSync(trace, 'utf8').split('\n'))].filter((name) =>
    /^(calling|called|repaired) > (writeSync .*ledger|spawn|rmSync .overnight.work|renameSync)/.test(name),
  );
  expect(names.length).toBeGreaterThan(6);

  const killedAt = async (name: string): Promise<void> => {
    const folder = copyOf(arena);
    const before = ownFiles(folder);
    const killed = await night(folder, { KILL_AT: name }, ['--experiments', String(IDEAS)]);
    expect(killed.signal, `${name}: ${killed.stderr}`).toBe('SIGKILL');
    const second = await night(folder, {}, []);
    expect(second.status, `${name}: ${second.stdout.slice(-800)}${second.stderr}`).toBe(0);
    const lines = ledgerLines(folder, 'a');
    const of = (type: string): number[] =>
      lines.filter((event) => event.type === type).map((event) => Number(event.n ?? event.call));
    expect(of('decided').concat(of('refused')).sort(), name).toEqual([1, 2]);
    const calls = lines.filter((event) => event.type === 'calling').map((event) => event.call);
    expect(
      lines.filter((event) => event.type === 'called').map((event) => event.call),
      name,
    ).toEqual(calls);
    expect(processesOf(folder), name).toEqual([]);
    expect(ownFiles(folder)).toBe(before);
    await expectClean(folder);
  };
  const queue = [...names];
  const worker = async (): Promise<void> => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) await killedAt(name);
  };
  await Promise.all([worker(), worker(), worker()]);
}, 400_000);
