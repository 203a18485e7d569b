/**
 * `overnight serve`: the dashboard of all labs below a folder, on this machine only, until Ctrl-C. Chooses what the
 * server is lent.
 */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { audit } from '../audit/audit.ts';
import { LabError } from '../base/error.ts';
import { objection } from '../core/steering.ts';
import type { LabState } from '../core/state.ts';
import { wish } from '../core/requests.ts';
import { post } from '../ledger/inbox.ts';
import { labPaths } from '../os/paths.ts';
import { capture } from '../os/spawn.ts';
import { importanceOf } from '../proposers/search.ts';
import type { Control } from '../server/app.ts';
import { type Served, listen } from '../server/listen.ts';
import { findLabs, type LabFolder } from '../server/labs.ts';
import { openWorkspace } from '../workspace/git.ts';
import { print, printJson, zoneMinutes } from './output.ts';
import type { Call } from './spec.ts';

export async function main(call: Call): Promise<number> {
  const control =
    call.options.control === true ? { token: randomBytes(18).toString('base64url'), send: sendWish } : undefined;
  const served = await serveFolder(call.folder, portFrom(call.options.port), control);
  const { root, moved } = served;
  // After the #: a browser sends that part to nobody.
  const url = control ? `${served.url}#token=${control.token}` : served.url;
  const labs = findLabs(root).length;
  if (call.json) printJson({ url, port: served.port, root, labs });
  else {
    print(`The dashboard of ${labs === 1 ? 'one lab' : `${labs} labs`} below ${root}:\n\n  ${url}\n`);
    if (moved) print('Its usual port is taken by another program, so this one is used today.');
    if (control) print('Whoever has this address may pause, stop and steer these labs.');
    print(`${control ? 'Reachable' : 'Read-only, reachable'} from this machine only. Ctrl-C ends it; runs go on.`);
  }
  await new Promise<void>((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
  await served.close();
  return 0;
}

/** Serve until closed. Shared with the tests and the bench. */
export async function serveFolder(
  folder: string,
  port?: number,
  control?: Control,
): Promise<Served & { readonly root: string }> {
  if (!fs.existsSync(folder))
    throw new LabError('E_NO_LAB', {
      what: 'There is nothing to show.',
      why: `${folder} does not exist.`,
      next: 'Name a folder that holds arenas with --dir.',
    });
  const root = fs.realpathSync(folder);
  const web = webFolder();
  const served = await listen(
    {
      root,
      web,
      zoneMinutes: zoneMinutes(),
      diff: async (arena, store, from, to) => (await openWorkspace(arena, store)).diff(from, to),
      audit: auditBeside,
      importance: importanceOf,
      ...(control && { control }),
    },
    port,
  );
  return { ...served, root };
}

/**
 * Every verdict derived again, by a process of its own: the dashboard answers others meanwhile. A ledger that stands
 * alone is done here.
 */
async function auditBeside(lab: LabFolder): Promise<unknown> {
  const program = path.join(import.meta.dirname, 'main.js');
  if (lab.arena !== lab.lab && fs.existsSync(program)) {
    const { stdout } = await capture(
      process.execPath,
      [program, 'audit', '--json', '--dir', lab.arena, '--tag', lab.tag],
      { timeoutMs: AUDIT_MS },
    );
    const said = stdout.split('\n').find((line) => line.startsWith('{"tag":'));
    if (said) return JSON.parse(said);
  }
  return audit(lab.lab, path.join(lab.arena, '.overnight', 'store.git'));
}

const AUDIT_MS = 600_000;

/** What the dashboard may ask of a lab: what cannot change a number. Throws for a wish that makes no sense. */
function sendWish(lab: LabFolder, asked: unknown, state: LabState): void {
  const wanted = wish.safeParse(asked);
  if (!wanted.success) throw new Error(wanted.error.issues[0]!.message);
  const against = objection(state, wanted.data);
  if (against) throw new Error(against);
  post(labPaths(lab.arena, lab.tag).inbox, 'person at the dashboard', wanted.data);
}

/** The built browser half lies beside the program. */
function webFolder(): string {
  const here = path.join(import.meta.dirname, '..', 'web');
  const source = path.join(import.meta.dirname, '..', '..', 'dist', 'web');
  const found = [here, source].find((folder) => fs.existsSync(path.join(folder, 'index.html')));
  if (found) return found;
  throw new LabError('E_WEB', {
    what: 'The browser half of the dashboard is not built.',
    why: `${path.join(here, 'index.html')} does not exist.`,
    next: 'Run `npm run build` in Overnight’s folder.',
  });
}

function portFrom(text: string | boolean | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new LabError('E_USAGE', {
    what: 'This port cannot be used.',
    why: `"${text}" is no whole number from 0 to 65535.`,
    next: 'Leave --port out to get the folder’s own.',
  });
}
