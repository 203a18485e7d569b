/** Several measurements at once, as a person starts them: the built program, real processes, real git. */
import { describe, expect, it } from 'vitest';
import { expectClean, expectError, overnight, ownFiles, processesOf } from '../fixtures/cli.ts';
import { sleepy, occupancy, run } from './sleeping.ts';

describe('run --slots', () => {
  it('measures so many ideas at once, each in a slot of its own, and the record is as clean as ever', async () => {
    const folder = sleepy();
    const before = ownFiles(folder);
    const ended = await run(folder, '--slots', '4', '--experiments', '8');
    expect(ended.status, ended.stdout + ended.stderr).toBe(0);
    const { most, collisions, slots } = occupancy(folder);
    expect(most).toBe(4);
    expect(collisions).toBe(0);
    expect([...slots].sort()).toEqual([0, 1, 2, 3]);
    expect(ended.json.find((event) => event.type === 'session.started')).toMatchObject({ slots: 4 });
    expect(processesOf(folder)).toEqual([]);
    expect(ownFiles(folder)).toBe(before);
    await expectClean(folder);
    const status = await overnight(['report'], { cwd: folder });
    expect(status.status).toBe(0);
  }, 120_000);

  it('that make no sense are refused with the value seen, and nothing is begun', async () => {
    const folder = sleepy();
    for (const value of ['0', '-2', '1.5', 'all', '1025', ''])
      expectError(await run(folder, '--slots', value), 'E_USAGE', 2, value === '' ? /""/ : new RegExp(`"${value}"`));
    expect(processesOf(folder)).toEqual([]);
  }, 60_000);
});
