/** The brief of one call of an agent: what the proposer knows of the call, put together with what the lab knows. */
import { defined } from '../../base/defined.ts';
import type { RunLimits } from '../../core/session.ts';
import type { Brief } from '../../core/ports.ts';
import { type BriefMaterial, briefText } from './brief.ts';

/** `now` is the ISO time of the call. */
export function agentBrief(
  brief: Brief,
  { program, left, repair }: Pick<BriefMaterial, 'program' | 'left' | 'repair'>,
  { deadline }: RunLimits,
  now: string,
): string {
  const seconds = deadline === undefined ? undefined : (Date.parse(deadline) - Date.parse(now)) / 1000;
  return briefText(
    brief.state,
    { now, alive: true, tip: '' },
    {
      files: brief.files,
      left: { ...left, ...defined({ seconds }) },
      blob: blobTextOf(brief),
      ...defined({ program, repair, advice: brief.advice, adviser: brief.adviser, base: brief.base }),
    },
  );
}

/** Reads the content of a hash as text, where it is there. */
export const blobTextOf =
  ({ journal }: Pick<Brief, 'journal'>) =>
  (blobHash: string): string | undefined => {
    const blobBytes = journal.getBlob(blobHash);
    return blobBytes && new TextDecoder('utf-8', { ignoreBOM: true }).decode(blobBytes);
  };
