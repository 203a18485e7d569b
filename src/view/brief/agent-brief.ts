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
  const readBlobText = (blobHash: string): string | undefined => {
    const blobBytes = brief.journal.getBlob(blobHash);
    return blobBytes && new TextDecoder('utf-8', { ignoreBOM: true }).decode(blobBytes);
  };
  return briefText(
    brief.state,
    { now, alive: true, tip: '' },
    {
      files: brief.files,
      left: { ...left, ...defined({ seconds }) },
      blob: readBlobText,
      ...defined({ program, repair, advice: brief.advice, base: brief.base }),
    },
  );
}
