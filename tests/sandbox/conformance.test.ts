/** Every sandbox, with and without control groups, keeps the same contract. */
import { describe, it } from 'vitest';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { SANDBOX_CASES } from '../../src/testing/sandbox-conformance.ts';

const kinds = [
  ['bubblewrap', {}],
  ['bubblewrap, watched', { watched: true }],
  ['process', { forbid: 'bubblewrap' }],
  ['process, watched', { forbid: 'bubblewrap', watched: true }],
] as const;

for (const [name, options] of kinds) {
  const { sandbox } = await chooseSandbox(options);
  const absent = name.startsWith('bubblewrap') && sandbox.info.level !== 'bubblewrap';
  describe.concurrent(absent ? `${name} (skipped: ${sandbox.info.reason})` : name, () => {
    for (const one of SANDBOX_CASES.filter((each) => !each.isolated || sandbox.info.level === 'bubblewrap')) {
      it.skipIf(absent)(one.name, () => one.run(sandbox));
    }
  });
}
