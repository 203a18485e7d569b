/**
 * `overnight serve`: the dashboard of all labs below a folder, on this machine only, until Ctrl-C. Gives the server
 * what it may use.
 */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { recordAnnotations } from '../app/record-annotations.ts';
import { auditLab } from '../audit/audit.ts';
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { whyRefused } from '../core/request-check.ts';
import type { LabState } from '../core/state.ts';
import { isAnnotation, labRequestSchema } from '../core/requests.ts';
import { postRequest } from '../ledger/inbox.ts';
import { labPaths } from '../os/paths.ts';
import { captureOutput } from '../os/spawn.ts';
import { importanceOf } from '../proposers/search.ts';
import type { Control } from '../server/app.ts';
import { type ServedDashboard, listenLocally } from '../server/listen.ts';
import { findLabs, type LabFolder } from '../server/labs.ts';
import { openWorkspace } from '../workspace/git.ts';
import { printText, printJson, zoneMinutes } from './output.ts';
import type { Invocation } from './command.ts';
import type { SERVE_OPTIONS } from './options.ts';

export async function main(invocation: Invocation<typeof SERVE_OPTIONS>): Promise<number> {
  const control = invocation.options.control
    ? { token: randomBytes(18).toString('base64url'), send: sendRequest }
    : undefined;
  const server = await serveFolder(invocation.folder, invocation.options.port, control);
  const { root, moved } = server;
  // After the #, because a browser sends that part to no server.
  const dashboardUrl = control ? `${server.url}#token=${control.token}` : server.url;
  const labCount = findLabs(root).length;
  if (invocation.wantsJson) printJson({ url: dashboardUrl, port: server.port, root, labs: labCount });
  else {
    printText(
      `The dashboard of ${labCount === 1 ? 'one lab' : `${labCount} labs`} below ${root}:\n\n  ${dashboardUrl}\n`,
    );
    if (moved) printText('Another program uses its usual port, so it has another one today.');
    if (control) printText('Everybody who has this address can pause, stop and steer these labs.');
    printText(`${control ? 'Reachable' : 'Read-only, reachable'} from this machine only. Ctrl-C ends it; runs go on.`);
  }
  await new Promise<void>((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
  await server.close();
  return 0;
}

/** Serve until closed. Tests and benchmarks use it too. */
export async function serveFolder(
  folder: string,
  port?: number,
  control?: Control,
): Promise<ServedDashboard & { readonly root: string }> {
  if (!fs.existsSync(folder))
    throw new LabError('E_NO_LAB', {
      what: 'There is nothing to show.',
      why: `${folder} does not exist.`,
      next: 'Name a folder that holds arenas with --dir.',
    });
  const root = fs.realpathSync(folder);
  const webRoot = findWebFolder();
  const server = await listenLocally(
    {
      root,
      webFolder: webRoot,
      zoneMinutes: zoneMinutes(),
      diffCommits: async (arena, store, ...commits) => (await openWorkspace(arena, store)).diffCommits(...commits),
      auditLab: auditInChild,
      knobImportance: importanceOf,
      ...defined({ control }),
    },
    port,
  );
  return { ...server, root };
}

/**
 * Audit a lab in a process of its own, so that the dashboard stays responsive. A ledger without an arena is audited
 * here.
 */
async function auditInChild(labFolder: LabFolder): Promise<unknown> {
  const programFile = path.join(import.meta.dirname, 'main.js');
  if (labFolder.arena !== labFolder.lab && fs.existsSync(programFile)) {
    const { stdout } = await captureOutput(
      process.execPath,
      [programFile, 'audit', '--json', '--dir', labFolder.arena, '--tag', labFolder.tag],
      { timeoutMs: AUDIT_MS },
    );
    const resultLine = stdout.split('\n').find((line) => line.startsWith('{"tag":'));
    if (resultLine) return JSON.parse(resultLine);
  }
  return auditLab(labFolder.lab, path.join(labFolder.arena, '.overnight', 'store.git'));
}

const AUDIT_MS = 600_000;

/** Send a request from the dashboard to a lab: only requests that cannot change a number. Throws when it is refused. */
function sendRequest(labFolder: LabFolder, rawRequest: unknown, state: LabState): void {
  const parsedRequest = labRequestSchema.safeParse(rawRequest);
  if (!parsedRequest.success) throw new Error(parsedRequest.error.issues[0]!.message);
  const conflict = whyRefused(state, parsedRequest.data);
  if (conflict) throw new Error(conflict);
  const { inbox } = labPaths(labFolder.arena, labFolder.tag);
  postRequest(inbox, 'person at the dashboard', parsedRequest.data);
  if (isAnnotation(parsedRequest.data)) recordAnnotations(labFolder.lab, inbox);
}

/** The folder of the built browser half, beside the program. */
function findWebFolder(): string {
  const builtFolder = path.join(import.meta.dirname, '..', 'web');
  const checkoutFolder = path.join(import.meta.dirname, '..', '..', 'dist', 'web');
  const existingFolder = [builtFolder, checkoutFolder].find((folder) => fs.existsSync(path.join(folder, 'index.html')));
  if (existingFolder) return existingFolder;
  throw new LabError('E_WEB', {
    what: 'The browser half of the dashboard is not built.',
    why: `${path.join(builtFolder, 'index.html')} does not exist.`,
    next: 'Run `npm run build` in Overnight’s folder.',
  });
}
