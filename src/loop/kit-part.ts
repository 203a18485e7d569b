/** The kit for arenas as a process sees it: a mount and the variable that names it. */
import type { Mount, Sandbox } from '../core/ports.ts';
import { KIT_FOLDER, KIT_VARIABLE } from '../os/kit.ts';

export interface KitPart {
  readonly mounts: readonly Mount[];
  readonly env: Readonly<Record<string, string>>;
}

export function kitPart(sandbox: Pick<Sandbox, 'inside'>): KitPart {
  const mount: Mount = { from: KIT_FOLDER, to: '/lab/kit', mode: 'read' };
  return { mounts: [mount], env: { [KIT_VARIABLE]: sandbox.inside(mount) } };
}
