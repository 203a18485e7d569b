/**
 * `overnight mcp`: the desk as an MCP server. On standard input and output nothing else is printed; over HTTP the
 * address and the token are.
 */
import { holdName } from '../mcp/agent-names.ts';
import { Desk } from '../mcp/desk.ts';
import { serveHttp, serveOnStdio } from '../mcp/server.ts';
import { findLab } from './find.ts';
import { printJson } from './output.ts';
import type { Invocation } from './command.ts';
import type { MCP_OPTIONS } from './agent-options.ts';

export async function main(invocation: Invocation<typeof MCP_OPTIONS>): Promise<number> {
  const { http, by, model } = invocation.options;
  const { paths } = findLab(invocation);
  const { name, heldBy, releaseName } = holdName(paths.lab, by);
  try {
    return await serve(new Desk(paths, name, model, heldBy), http);
  } finally {
    releaseName();
  }
}

async function serve(desk: Desk, http: number | true | undefined): Promise<number> {
  if (http === undefined) {
    await serveOnStdio(desk);
    await new Promise((resolve) => process.stdin.once('close', resolve));
    return 0;
  }
  const httpServer = await serveHttp(desk, http === true ? 0 : http);
  printJson({ url: httpServer.url, token: httpServer.token, header: `Authorization: Bearer ${httpServer.token}` });
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await httpServer.close();
  return 0;
}
