/** Documents and data sets below /usr: empty inside the real sandbox, and there again for an arena that asks. */
import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { findMaskedPaths } from '../../src/sandbox/masked-data.ts';
import { ROOMY_LIMITS } from '../../src/testing/sandbox-conformance.ts';
import { unless, withReason } from '../fixtures/skipping.ts';

const { sandbox, checks } = await chooseSandbox();
const noSandbox = unless(sandbox.info.level === 'bubblewrap', sandbox.info.reason);

const runInside = async (command: string, alsoRead: readonly string[] = []) => {
  const base = { cwd: '/', mounts: [], env: {}, tag: `masked-${process.pid}`, limits: ROOMY_LIMITS };
  return (await sandbox.start({ ...base, command, alsoRead }).done).stdout.text.trim();
};
const { folders } = findMaskedPaths();
const [documented] = existsSync('/usr/share/doc') ? readdirSync('/usr/share/doc') : [];

describe.skipIf(noSandbox)(withReason('documents and data sets of the machine', noSandbox), () => {
  it('are empty inside, cannot be written to, and the probe of doctor says so', async () => {
    expect(folders.length).toBeGreaterThan(0);
    for (const folder of folders) {
      expect(await runInside(`ls -A ${folder}; echo read`)).toBe('read');
      expect(await runInside(`(echo x > ${folder}/new) 2>/dev/null || echo refused`)).toBe('refused');
    }
    expect(checks).toContainEqual(expect.objectContaining({ name: expect.stringContaining('data sets'), ok: true }));
  });

  it('are shown where `sandbox.read` names one, and only that one', async () => {
    const place = `/usr/share/doc/${documented}`;
    expect(await runInside('ls /usr/share/doc', [place])).toBe(documented);
    expect(await runInside('ls /usr/share/doc | head -n 1', ['/usr/share/doc'])).toBe(documented);
    expect(await runInside(`test -e ${place} || echo gone`)).toBe('gone');
  });

  it('leave programs as they are: node, git and what Python there is', async () => {
    expect(await runInside('node -e "console.log(6 * 7)"')).toBe('42');
    expect(
      await runInside('command -v python3 >/dev/null && python3 -c "import json, csv; print(42)" || echo 42'),
    ).toBe('42');
  });
});
