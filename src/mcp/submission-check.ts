/**
 * Whether a submission would be admitted, asked before it is put into the inbox: the sender hears the reason at once
 * instead of at the next run. The harness asks again when it takes the submission, because the lab may have moved on.
 */
import { admitIdea } from '../core/admission/policy.ts';
import { roleOf } from '../core/file-roles.ts';
import type { FileEdit, Workspace } from '../core/ports.ts';
import { inboxEntrySchema } from '../core/requests.ts';
import { arenaOf, type LabState } from '../core/state.ts';

/** As the inbox reads them: a longer one would be set aside unread. */
const MAX_REQUEST_BYTES = 8 << 20;
const MAX_FILES = 1000;

/** Why the change would be refused, in the words of admission; `undefined` when it would be admitted. */
export async function whyNotAdmitted(
  workspace: Workspace,
  state: LabState,
  submission: {
    readonly parent: number;
    readonly parentCommit: string;
    readonly edits: readonly FileEdit[];
    /** It may repeat what was tried before. */
    readonly mayRepeat?: boolean;
  },
): Promise<string | undefined> {
  const { parent, parentCommit, edits, mayRepeat = false } = submission;
  if (edits.length > MAX_FILES) return `it changes ${edits.length} files, at most ${MAX_FILES} are allowed`;
  const arena = arenaOf(state);
  const roleOfPath = roleOf(arena);
  const paths = (await workspace.listEntries(parentCommit)).map((entry) => entry.path);
  const editablePaths = paths.filter((filePath) => roleOfPath(filePath) === 'editable');
  const files = await workspace.readFiles(parentCommit, editablePaths);
  const admission = admitIdea(arena, state, { parent, ...(mayRepeat && { retries: parent }) }, files, edits, paths);
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
