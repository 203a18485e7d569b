/**
 * Whether a submission would be admitted, asked before it is put into the inbox: the sender hears the reason at once
 * instead of at the next run. The harness asks again when it takes the submission, because the lab may have moved on.
 */
import { admitIdea } from '../core/admission/policy.ts';
import type { FileEdit } from '../core/ports.ts';
import { inboxEntrySchema } from '../core/requests.ts';
import { arenaOf, type LabState } from '../core/state.ts';
import type { BaseCode } from './submission-base.ts';

/** As the inbox reads them: a longer one would be set aside unread. */
const MAX_REQUEST_BYTES = 8 << 20;
const MAX_FILES = 1000;

/** Why the change would be refused, in the words of admission; `undefined` when it would be admitted. */
export function whyNotAdmitted(
  state: LabState,
  submission: {
    readonly parent: number;
    readonly base: BaseCode;
    readonly edits: readonly FileEdit[];
    /** It may repeat what was tried before. */
    readonly mayRepeat?: boolean;
  },
): string | undefined {
  const { parent, base, edits, mayRepeat = false } = submission;
  if (edits.length > MAX_FILES) return `it changes ${edits.length} files, at most ${MAX_FILES} are allowed`;
  const idea = { parent, ...(mayRepeat && { retries: parent }) };
  const admission = admitIdea(arenaOf(state), state, idea, base.files, edits, base.paths);
  return admission.ok ? undefined : admission.reason;
}

/** Why the inbox would set a request aside; `undefined` when it would be read. */
export function whyUnreadable(from: string, wish: unknown): string | undefined {
  const entry = { id: 'a-submission', from, wish };
  const byteCount = Buffer.byteLength(JSON.stringify(entry));
  if (byteCount > MAX_REQUEST_BYTES) return `it has ${byteCount} bytes, at most ${MAX_REQUEST_BYTES} are allowed`;
  const parsed = inboxEntrySchema.safeParse(entry);
  return parsed.success ? undefined : `its ${parsed.error.issues[0]?.path.slice(1).join('.') || 'form'} cannot be read`;
}
