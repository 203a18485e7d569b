/**
 * The verbs of the desk as MCP tools, on standard input and output or over HTTP on loopback behind a token of this run.
 * Submit and poll: no tool waits for a measurement longer than a client waits for a tool. Knows nothing about how
 * anything is measured.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';
import { reasonOf } from '../base/error.ts';
import { VERSION } from '../version.ts';
import { type Desk, MOST_WAIT_S } from './desk.ts';

interface Reply {
  content: { type: 'text'; text: string }[];
  isError?: boolean;
  [key: string]: unknown;
}

async function reply(work: () => unknown): Promise<Reply> {
  try {
    const said = await work();
    return { content: [{ type: 'text', text: typeof said === 'string' ? said : JSON.stringify(said) }] };
  } catch (thrown) {
    return { content: [{ type: 'text', text: reasonOf(thrown) }], isError: true };
  }
}

const number = z.number().int().nonnegative();

/** A server with the tools; one per connection. */
export function mcpServer(desk: Desk): McpServer {
  const server = new McpServer({ name: 'overnight', version: VERSION }, { capabilities: { tools: {} } });
  const reads = { readOnlyHint: true };
  server.registerTool(
    'brief',
    {
      description: 'The goal, what may be changed, where the research stands, what was tried. Read this first.',
      inputSchema: z.object({}),
      annotations: reads,
    },
    async () => reply(() => desk.brief()),
  );
  server.registerTool(
    'propose',
    {
      description: `Submit one change as a unified diff (or whole files) with a hypothesis. Returns an id at once; the harness measures and decides. Then call poll.`,
      inputSchema: z.object({
        hypothesis: z.string().describe('what should get better, and why'),
        diff: z.string().optional().describe('unified diff against the files of `parent`'),
        files: z
          .record(z.string(), z.string().nullable())
          .optional()
          .describe('whole new contents by path, null removes'),
        parent: number.optional().describe('experiment it was made on; the best so far when absent'),
      }),
    },
    async ({ hypothesis, diff, files, parent }) =>
      reply(() =>
        desk.submit({
          hypothesis,
          ...(diff !== undefined && { diff }),
          ...(files !== undefined && { files }),
          ...(parent !== undefined && { parent }),
        }),
      ),
  );
  server.registerTool(
    'poll',
    {
      description: `What became of a submission. Waits up to wait_s seconds (at most ${MOST_WAIT_S}) for its end; call it again while the state is not "done".`,
      inputSchema: z.object({ id: z.string(), wait_s: z.number().min(0).max(MOST_WAIT_S).optional() }),
      annotations: reads,
    },
    async ({ id, wait_s: waitS }) => reply(() => desk.poll(id, waitS)),
  );
  server.registerTool(
    'history',
    {
      description: 'The newest experiments, a line each.',
      inputSchema: z.object({ most: z.number().int().min(1).max(50).optional() }),
      annotations: reads,
    },
    async ({ most }) => reply(() => desk.history(most)),
  );
  server.registerTool(
    'diff',
    { description: 'What an experiment changed.', inputSchema: z.object({ n: number }), annotations: reads },
    async ({ n }) => reply(() => desk.diff(n)),
  );
  server.registerTool(
    'note',
    {
      description: 'Leave words for the record and the report of the night.',
      inputSchema: z.object({ text: z.string().min(1) }),
    },
    async ({ text }) => reply(() => ({ id: desk.note(text) })),
  );
  return server;
}

export const serveOnStdio = async (desk: Desk): Promise<void> => void (await serveStdio(() => mcpServer(desk)));

export interface HttpServed {
  readonly url: string;
  readonly token: string;
  close(): Promise<void>;
}

/**
 * Listen on 127.0.0.1. Whoever has no token, or comes by another name than loopback's (a page that rebinds DNS), is
 * turned away.
 */
export async function serveHttp(desk: Desk, port: number): Promise<HttpServed> {
  const token = randomBytes(24).toString('base64url');
  const handler = toNodeHandler(createMcpHandler(() => mcpServer(desk)));
  const server = http.createServer((request, response) => {
    const host = request.headers.host?.replace(/:\d+$/, '') ?? '';
    const allowed = ['127.0.0.1', 'localhost'].includes(host) && request.headers.origin === undefined;
    if (!allowed || !isToken(request.headers.authorization, token)) {
      response
        .writeHead(allowed ? 401 : 403, { 'content-type': 'text/plain' })
        .end(allowed ? 'The token of this run is needed.\n' : 'Loopback only.\n');
      return;
    }
    // Its type wants a method that every request of a client has.
    void handler(request as Parameters<typeof handler>[0], response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    token,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function isToken(header: string | undefined, token: string): boolean {
  const [given, wanted] = [Buffer.from(header ?? ''), Buffer.from(`Bearer ${token}`)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
