/** `overnight audit`: the lab derived again from its ledger. */
import { audit } from '../audit/audit.ts';
import { findLab } from './find.ts';
import { print, printJson } from './output.ts';
import { openProgress } from './progress.ts';
import type { Call } from './spec.ts';

export async function main(call: Call): Promise<number> {
  const { paths, tag } = findLab(call);
  const progress = openProgress('deriving every verdict again');
  const result = await audit(paths.lab, paths.store, (done, all) => progress.at(done / all)).finally(() =>
    progress.end(),
  );
  if (call.json) printJson({ tag, ...result });
  else {
    for (const check of result.checks) print(`${check.ok ? '✓' : '✗'} ${check.name}: ${check.detail}`);
    print(result.ok ? `Lab ${tag} is consistent.` : `Lab ${tag} is not what its ledger says: see docs/ledger.md.`);
  }
  return result.ok ? 0 : 4;
}
