/** The shipped arena whose candidate and judge are joined by a pipe. */
import { expect, it } from 'vitest';
import { freshFolder, overnight } from '../fixtures/cli.ts';

it('sort-speed joins a candidate and its judge by a pipe and measures real time', { timeout: 300_000 }, async () => {
  const ended = await overnight(['try', 'sort-speed', '--quick', '--experiments', '1', '--json'], {
    cwd: freshFolder(),
  });
  expect(ended.status, ended.stdout.slice(-2000) + ended.stderr).toBe(0);
  const measured = ended.json.filter((event) => event.type === 'measured');
  expect(measured[0]).toMatchObject({ outcome: { kind: 'measured', metrics: { memory_mb: expect.any(Number) } } });
  expect(ended.json.filter((event) => event.type === 'decided')).toHaveLength(1);
});
