/**
 * `overnight serve`: the dashboard of all labs below a folder, on this machine only, until Ctrl-C. Chooses what the
 * server is lent.
 */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { auditLab } from '../audit/audit.ts';
import { LabError } from '../base/error.ts';
import { whyRefused } from '../core/request-check.ts';
import type { LabState } from '../core/state.ts';
import { labRequestSchema } from '../core/requests.ts';
import { postRequest } from '../ledger/inbox.ts';
import { labPaths } from '../os/paths.ts';
import { captureOutput } from '../os/spawn.ts';
import { importanceOf } from '../proposers/search.ts';
import type { Control } from '../server/app.ts';
import { type ServedDashboard, listenLocally } from '../server/listen.ts';
import { findLabs, type LabFolder } from '../server/labs.ts';
import { openWorkspace } from '../workspace/git.ts';
import { printText, printJson, zoneMinutes } from './output.ts';
import type { Invocation } from './spec.ts';

export async function main(invocation: Invocation): Promise<number> {
  const control =
    invocation.options.control === true
      ? { token: randomBytes(18).toString('base64url'), send: sendRequest }
      : undefined;
  const server = await serveFolder(invocation.folder, parsePort(invocation.options.port), control);
  const { root, moved } = server;
  // After the #: a browser sends that part to nobody.
  const dashboardUrl = control ? `${server.url}#token=${control.token}` : server.url;
  const labCount = findLabs(root).length;
  if (invocation.wantsJson) printJson({ url: dashboardUrl, port: server.port, root, labs: labCount });
  else {
    printText(
      `The dashboard of ${labCount === 1 ? 'one lab' : `${labCount} labs`} below ${root}:\n\n  ${dashboardUrl}\n`,
    );
    if (moved) printText('Its usual port is taken by another program, so this one is used today.');
    if (control) printText('Whoever has this address may pause, stop and steer these labs.');
    printText(`${control ? 'Reachable' : 'Read-only, reachable'} from this machine only. Ctrl-C ends it; runs go on.`);
  }
  await new Promise<void>((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
  await server.close();
  return 0;
}

/** Serve until closed. Shared with the tests and the bench. */
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
      diffCommits: async (arena, store, fromCommit, toCommit) =>
        (await openWorkspace(arena, store)).diffCommits(fromCommit, toCommit),
      auditLab: auditInChild,
      knobImportance: importanceOf,
      ...(control && { control }),
    },
    port,
  );
  return { ...server, root };
}

/**
 * Every verdict derived again, by a process of its own: the dashboard answers others meanwhile. A ledger that stands
 * alone is done here.
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

/** What the dashboard may ask of a lab: what cannot change a number. Throws for a wish that makes no sense. */
function sendRequest(labFolder: LabFolder, rawRequest: unknown, state: LabState): void {
  const parsedRequest = labRequestSchema.safeParse(rawRequest);
  if (!parsedRequest.success) throw new Error(parsedRequest.error.issues[0]!.message);
  const conflict = whyRefused(state, parsedRequest.data);
  if (conflict) throw new Error(conflict);
  postRequest(labPaths(labFolder.arena, labFolder.tag).inbox, 'person at the dashboard', parsedRequest.data);
}

/** The built browser half lies beside the program. */
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

function parsePort(portOption: string | boolean | undefined): number | undefined {
  if (portOption === undefined) return undefined;
  const port = Number(portOption);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new LabError('E_USAGE', {
    what: 'This port cannot be used.',
    why: `"${portOption}" is no whole number from 0 to 65535.`,
    next: 'Leave --port out to get the folder’s own.',
  });
}
