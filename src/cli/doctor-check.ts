/** One line of `overnight doctor`. */
import type { ManifestChange } from '../discover/manifest-changes.ts';

export interface DoctorCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly fix?: string;
  /** Nothing is broken, but a person should look. */
  readonly warning?: boolean;
  /** The fix as a change of arena.yaml, where it is one. A check that passed may have one too: advice. */
  readonly change?: ManifestChange;
}
