/**
 * `overnight mcp`: the desk as an MCP server. On standard input and output nothing else is printed; over HTTP the
 * address and the token are.
 */
import { LabError } from '../base/error.ts';
import { holdName } from '../mcp/agent-names.ts';
import { Desk } from '../mcp/desk.ts';
import type { FindDesk } from '../mcp/tool-reply.ts';
import { serveHttp, serveOnStdio } from '../mcp/server.ts';
import { listTags } from '../os/paths.ts';
import { findLab, hasManifest } from './find.ts';
import { printJson } from './output.ts';
import type { Invocation } from './command.ts';
import type { MCP_OPTIONS } from './agent-options.ts';

export async function main(invocation: Invocation<typeof MCP_OPTIONS>): Promise<number> {
  const { http, by, model } = invocation.options;
  // Programs start their servers when they start, often before the first run: the lab is looked for at each call.
  let opened: { readonly desk: Desk; readonly releaseName: () => void } | undefined;
  const findDesk = (): Desk => {
    if (!opened) {
      const { paths } = findLab(invocation);
      const { name, heldBy, releaseName } = holdName(paths.lab, by);
      opened = { desk: new Desk(paths, name, model, heldBy), releaseName };
    }
    return opened.desk;
  };
  openNow(findDesk, invocation.folder);
  try {
    return await serve(findDesk, http);
  } finally {
    opened?.releaseName();
  }
}

/** An arena that has had no run yet will have a lab; what else is missing is said at once. */
function openNow(findDesk: FindDesk, folder: string): void {
  try {
    findDesk();
  } catch (thrown) {
    const isToCome = hasManifest(folder) && listTags(folder).length === 0;
    if (!(thrown instanceof LabError) || thrown.code !== 'E_NO_LAB' || !isToCome) throw thrown;
    process.stderr.write(
      'This arena has had no run yet. Until `overnight run --agent submissions` has begun one, every tool says so.\n',
    );
  }
}

async function serve(findDesk: FindDesk, http: number | true | undefined): Promise<number> {
  if (http === undefined) {
    await serveOnStdio(findDesk);
    await new Promise((resolve) => process.stdin.once('close', resolve));
    return 0;
  }
  const httpServer = await serveHttp(findDesk, http === true ? 0 : http);
  printJson({ url: httpServer.url, token: httpServer.token, header: `Authorization: Bearer ${httpServer.token}` });
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await httpServer.close();
  return 0;
}
