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
import { type Desk, MAX_WAIT_S } from './desk.ts';

interface ToolReply {
  content: { type: 'text'; text: string }[];
  isError?: boolean;
  [key: string]: unknown;
}

async function replyWith(runTool: () => unknown): Promise<ToolReply> {
  try {
    const toolResult = await runTool();
    return {
      content: [{ type: 'text', text: typeof toolResult === 'string' ? toolResult : JSON.stringify(toolResult) }],
    };
  } catch (thrownError) {
    return { content: [{ type: 'text', text: reasonOf(thrownError) }], isError: true };
  }
}

const experimentNumber = z.number().int().nonnegative();

/** A server with the tools; one per connection. */
export function createMcpServer(desk: Desk): McpServer {
  const mcpServer = new McpServer({ name: 'overnight', version: VERSION }, { capabilities: { tools: {} } });
  const readOnly = { readOnlyHint: true };
  mcpServer.registerTool(
    'brief',
    {
      description: 'The goal, what may be changed, where the research stands, what was tried. Read this first.',
      inputSchema: z.object({}),
      annotations: readOnly,
    },
    async () => replyWith(() => desk.writeBrief()),
  );
  mcpServer.registerTool(
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
        parent: experimentNumber.optional().describe('experiment it was made on; the best so far when absent'),
      }),
    },
    async ({ hypothesis, diff, files, parent }) =>
      replyWith(() =>
        desk.submitChange({
          hypothesis,
          ...(diff !== undefined && { diff }),
          ...(files !== undefined && { files }),
          ...(parent !== undefined && { parent }),
        }),
      ),
  );
  mcpServer.registerTool(
    'poll',
    {
      description: `What became of a submission. Waits up to wait_s seconds (at most ${MAX_WAIT_S}) for its end; call it again while the state is not "done".`,
      inputSchema: z.object({ id: z.string(), wait_s: z.number().min(0).max(MAX_WAIT_S).optional() }),
      annotations: readOnly,
    },
    async ({ id, wait_s: waitS }) => replyWith(() => desk.pollSubmission(id, waitS)),
  );
  mcpServer.registerTool(
    'history',
    {
      description: 'The newest experiments, a line each.',
      inputSchema: z.object({ most: z.number().int().min(1).max(50).optional() }),
      annotations: readOnly,
    },
    async ({ most }) => replyWith(() => desk.listHistory(most)),
  );
  mcpServer.registerTool(
    'diff',
    {
      description: 'What an experiment changed.',
      inputSchema: z.object({ n: experimentNumber }),
      annotations: readOnly,
    },
    async ({ n }) => replyWith(() => desk.showDiff(n)),
  );
  mcpServer.registerTool(
    'note',
    {
      description: 'Leave words for the record and the report of the night.',
      inputSchema: z.object({ text: z.string().min(1) }),
    },
    async ({ text }) => replyWith(() => ({ id: desk.leaveNote(text) })),
  );
  return mcpServer;
}

export const serveOnStdio = async (desk: Desk): Promise<void> => void (await serveStdio(() => createMcpServer(desk)));

export interface HttpEndpoint {
  readonly url: string;
  readonly token: string;
  close(): Promise<void>;
}

/**
 * Listen on 127.0.0.1. Whoever has no token, or comes by another name than loopback's (a page that rebinds DNS), is
 * turned away.
 */
export async function serveHttp(desk: Desk, port: number): Promise<HttpEndpoint> {
  const accessToken = randomBytes(24).toString('base64url');
  const mcpHandler = toNodeHandler(createMcpHandler(() => createMcpServer(desk)));
  const httpServer = http.createServer((request, response) => {
    const hostName = request.headers.host?.replace(/:\d+$/, '') ?? '';
    const isAllowed = ['127.0.0.1', 'localhost'].includes(hostName) && request.headers.origin === undefined;
    if (!isAllowed || !isToken(request.headers.authorization, accessToken)) {
      response
        .writeHead(isAllowed ? 401 : 403, { 'content-type': 'text/plain' })
        .end(isAllowed ? 'The token of this run is needed.\n' : 'Loopback only.\n');
      return;
    }
    // Its type wants a method that every request of a client has.
    void mcpHandler(request as Parameters<typeof mcpHandler>[0], response);
  });
  await new Promise<void>((resolve, reject) => {
    httpServer.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}/mcp`,
    token: accessToken,
    close: () =>
      new Promise((resolve) => {
        httpServer.close(() => resolve());
        httpServer.closeAllConnections();
      }),
  };
}

function isToken(authorization: string | undefined, accessToken: string): boolean {
  const [givenBytes, wantedBytes] = [Buffer.from(authorization ?? ''), Buffer.from(`Bearer ${accessToken}`)];
  return givenBytes.length === wantedBytes.length && timingSafeEqual(givenBytes, wantedBytes);
}
