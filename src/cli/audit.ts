/** `overnight audit`: the lab derived again from its ledger. */
import { auditLab } from '../audit/audit.ts';
import { findLab } from './find.ts';
import { printText, printJson } from './output.ts';
import { openProgress } from './progress.ts';
import type { Invocation } from './spec.ts';

export async function main(invocation: Invocation): Promise<number> {
  const { paths, tag } = findLab(invocation);
  const progress = openProgress('deriving every verdict again');
  const auditResult = await auditLab(paths.lab, paths.store, (finished, total) =>
    progress.updateShare(finished / total),
  ).finally(() => progress.endProgress());
  if (invocation.wantsJson) printJson({ tag, ...auditResult });
  else {
    for (const check of auditResult.checks) printText(`${check.ok ? '✓' : '✗'} ${check.name}: ${check.detail}`);
    printText(
      auditResult.ok ? `Lab ${tag} is consistent.` : `Lab ${tag} is not what its ledger says: see docs/ledger.md.`,
    );
  }
  return auditResult.ok ? 0 : 4;
}
