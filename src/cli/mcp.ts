/**
 * `overnight mcp`: the desk as an MCP server. On standard input and output nothing else is printed; over HTTP the
 * address and the token are.
 */
import { Desk } from '../mcp/desk.ts';
import { serveHttp, serveOnStdio } from '../mcp/server.ts';
import { findLab } from './find.ts';
import { numberOption } from './limits.ts';
import { printJson } from './output.ts';
import type { Call } from './spec.ts';

export async function main(call: Call): Promise<number> {
  const desk = new Desk(findLab(call).paths, String(call.options.from ?? 'mcp'));
  const { http } = call.options;
  if (http === undefined) {
    await serveOnStdio(desk);
    await new Promise((resolve) => process.stdin.once('close', resolve));
    return 0;
  }
  const served = await serveHttp(desk, http === true ? 0 : (numberOption(call, 'http', true, true) ?? 0));
  printJson({ url: served.url, token: served.token, header: `Authorization: Bearer ${served.token}` });
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await served.close();
  return 0;
}
