/** The code of experiments as MCP tools: files, read, search, apply. */
import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { defined } from '../base/defined.ts';
import type { CodeDesk } from './code-desk.ts';
import { experimentNumber, READ_ONLY, replyWith } from './tool-reply.ts';

const ofExperiment = experimentNumber.optional().describe('number of the experiment; the best so far when absent');
const lineNumber = z.number().int().min(1);

export function registerCodeTools(mcpServer: McpServer, findCode: () => CodeDesk): void {
  mcpServer.registerTool(
    'files',
    {
      description: 'List the files of the best code, or of an experiment: path, size, and whether it may be changed.',
      inputSchema: z.object({ n: ofExperiment }),
      ...READ_ONLY,
    },
    async ({ n }) => replyWith(() => findCode().listFiles(n)),
  );
  mcpServer.registerTool(
    'read',
    {
      description: 'Read lines of one file of the best code, or of an experiment.',
      inputSchema: z.object({
        path: z.string(),
        n: ofExperiment,
        from: lineNumber.optional().describe('first line; 1 when absent'),
        to: lineNumber.optional().describe('last line; the end when absent'),
      }),
      ...READ_ONLY,
    },
    async (wish) => replyWith(() => findCode().readFile(defined(wish))),
  );
  mcpServer.registerTool(
    'search',
    {
      description: 'Find lines that hold a text (no pattern) in the files of the best code, or of an experiment.',
      inputSchema: z.object({
        text: z.string().min(1).max(400),
        n: ofExperiment,
        under: z.string().optional().describe('only paths that begin so, such as src/'),
        ignore_case: z.boolean().optional(),
      }),
      ...READ_ONLY,
    },
    async ({ text, n, under, ignore_case: ignoreCase }) =>
      replyWith(() => findCode().searchFiles(defined({ text, n, under, ignoreCase }))),
  );
  mcpServer.registerTool(
    'apply',
    {
      description:
        'Change files by search and replace, all edits or none. Returns the diff. With a hypothesis the change is proposed too: then poll its id.',
      inputSchema: z.object({
        edits: z.array(
          z.object({
            path: z.string(),
            old: z.string().optional().describe('text that occurs exactly once; absent: make a new file'),
            new: z.string().nullable().describe('what stands there instead; null removes the file'),
            all: z.boolean().optional().describe('replace every occurrence'),
          }),
        ),
        n: ofExperiment,
        hypothesis: z.string().optional().describe('what should get better, and why'),
      }),
    },
    async (wish) => replyWith(() => findCode().applyEdits(defined(wish))),
  );
}
