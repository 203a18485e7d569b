/**
 * `overnight mcp`: the desk as an MCP server. On standard input and output nothing else is printed; over HTTP the
 * address and the token are.
 */
import { Desk } from '../mcp/desk.ts';
import { serveHttp, serveOnStdio } from '../mcp/server.ts';
import { findLab } from './find.ts';
import { printJson } from './output.ts';
import type { Invocation } from './command.ts';
import type { MCP_OPTIONS } from './agent-options.ts';

export async function main(invocation: Invocation<typeof MCP_OPTIONS>): Promise<number> {
  const desk = new Desk(findLab(invocation).paths, invocation.options.by, invocation.options.model);
  const { http } = invocation.options;
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
