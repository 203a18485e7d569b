/** What agents of one lab agree on, as MCP tools: claim, release. */
import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { DIRECTION_MINUTES, MAX_DIRECTION, MAX_DIRECTION_MINUTES } from '../core/directions.ts';
import { claimDirection, releaseDirection } from './directions.ts';
import { type FindDesk, replyWith } from './tool-reply.ts';

export function registerTeamTools(mcpServer: McpServer, findDesk: FindDesk): void {
  mcpServer.registerTool(
    'claim',
    {
      description:
        'Tell the other agents in which direction you look, for a time: their briefs say so. A direction that overlaps one of another agent is refused with whose it is. It reserves no code: any idea may still be proposed.',
      inputSchema: z.object({
        direction: z.string().min(1).describe(`in a few words, at most ${MAX_DIRECTION} characters`),
        minutes: z
          .number()
          .positive()
          .max(MAX_DIRECTION_MINUTES)
          .optional()
          .describe(`how long; ${DIRECTION_MINUTES} when absent`),
      }),
    },
    async ({ direction, minutes }) =>
      replyWith(() => {
        const { paths, author } = findDesk();
        return claimDirection(paths, author, { direction, minutes });
      }),
  );
  mcpServer.registerTool(
    'release',
    {
      description: 'Give a direction back that you claimed, or all of them where none is named.',
      inputSchema: z.object({ direction: z.string().optional() }),
    },
    async ({ direction }) =>
      replyWith(() => {
        const { paths, author } = findDesk();
        return releaseDirection(paths, author, direction);
      }),
  );
}
