/** `overnight audit`: derives the lab again from its ledger. */
import { defined } from '../base/defined.ts';
import { escapeTerminalLine } from '../base/escape.ts';
import { type AuditCheck, auditLab, type AuditResult } from '../audit/audit.ts';
import { findLab } from './find.ts';
import { printText, printJson } from './output.ts';
import { openProgress } from './progress.ts';
import type { Invocation } from './command.ts';
import type { AUDIT_OPTIONS } from './options.ts';

export async function main(invocation: Invocation<typeof AUDIT_OPTIONS>): Promise<number> {
  const { paths, tag } = findLab(invocation);
  const progress = openProgress('deriving every verdict again');
  const auditResult = await auditLab(
    paths.lab,
    paths.store,
    defined({
      tip: invocation.options.tip,
      onProgress: (finished: number, total: number) => progress.updateShare(finished / total),
    }),
  ).finally(() => progress.endProgress());
  if (invocation.wantsJson) printJson({ tag, ...auditResult });
  else {
    for (const check of auditResult.checks)
      printText(escapeTerminalLine(`${markOf(check)} ${check.name}: ${check.detail}`));
    printText(conclusionOf(tag, auditResult));
  }
  return auditResult.ok ? 0 : 4;
}

const markOf = (check: AuditCheck): string => (check.skipped ? '–' : check.ok ? '✓' : '✗');

function conclusionOf(tag: string, { ok, checks }: AuditResult): string {
  if (!ok) return `Lab ${tag} differs from its ledger: see docs/ledger.md.`;
  const skipped = checks.filter((check) => check.skipped).map((check) => check.name);
  return skipped.length === 0
    ? `Lab ${tag} is consistent.`
    : `Lab ${tag} is consistent as far as it was checked. Not checked: ${skipped.join(', ')}.`;
}
