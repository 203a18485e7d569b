/** The audit badge of the header. */
import { useState } from 'preact/hooks';
import type { AuditAnswer } from '../../src/view/answers.ts';
import type { Board } from '../../src/view/board.ts';
import { apiAddress } from '../live.ts';
import { usePlace } from '../url.ts';

/** The chain is checked as the ledger is read; the full audit derives every verdict again, when asked. */
export function AuditBadge({ board }: { board: Board }) {
  const { lab } = usePlace();
  const [result, setResult] = useState<AuditAnswer | 'running' | undefined>();
  const isBroken = board.state.isRecordDamaged === true;
  const runAudit = (): void => {
    setResult('running');
    fetch(apiAddress('audit', { lab }))
      .then(async (response) => setResult((await response.json()) as AuditAnswer))
      .catch(() =>
        setResult({ ok: false, checks: [{ name: 'audit', ok: false, detail: 'the server does not answer' }] }),
      );
  };
  const caption =
    result === 'running'
      ? 'auditing …'
      : result
        ? result.ok
          ? 'audit ✓'
          : 'audit ✕'
        : isBroken
          ? 'chain ✕'
          : 'chain ✓';
  const isBad = (typeof result === 'object' && !result.ok) || (!result && isBroken);
  return (
    <span class="audit">
      <button
        type="button"
        class={isBad ? 'bad' : ''}
        onClick={runAudit}
        title="The hash chain was checked while reading. Press to derive every verdict again from the ledger."
      >
        {caption}
      </button>
      {typeof result === 'object' && (
        <div class="pop" role="dialog" aria-label="Audit">
          <ul>
            {result.checks.map((check) => (
              <li key={check.name} class={check.ok ? '' : 'bad'}>
                {check.ok ? '✓' : '✕'} <b>{check.name}</b> <span class="soft">{check.detail}</span>
              </li>
            ))}
          </ul>
          <button type="button" onClick={() => setResult(undefined)}>
            close
          </button>
        </div>
      )}
    </span>
  );
}
