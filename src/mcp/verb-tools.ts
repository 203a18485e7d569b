/** The verbs of an agent as MCP tools: combine, retry, replicate, give_up. */
import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { defined } from '../base/defined.ts';
import { MAX_SAID } from '../core/requests.ts';
import { MAX_TRIES_AN_IDEA, TRY_SECONDS, TRY_WALL_S } from '../core/try-out.ts';
import { MAX_WAIT_S } from './desk.ts';
import { STATEMENTS } from './tool-parts.ts';
import { experimentNumber, type FindDesk, replyWith } from './tool-reply.ts';
import { combineRequest, giveUpRequest, replicateRequest, retryRequest } from './verbs.ts';

const SAID = {
  hypothesis: z.string().optional().describe('why it should help; made of the parts when absent'),
  ...STATEMENTS,
};

export function registerVerbTools(mcpServer: McpServer, findDesk: FindDesk): void {
  mcpServer.registerTool(
    'combine',
    {
      description:
        'Try the changes of two or more experiments together on the best version, merged three ways. It becomes an idea of yours; what cannot be merged is refused with the reason. Returns an id for poll.',
      inputSchema: z.object({
        of: z.array(experimentNumber).min(2).max(8).describe('numbers of the experiments'),
        ...SAID,
      }),
    },
    async ({ of, ...said }) => replyWith(() => findDesk().ask(combineRequest({ of, ...defined(said) }))),
  );
  mcpServer.registerTool(
    'retry',
    {
      description:
        'Try the change of an experiment again on the code of another one, merged three ways. Returns an id for poll.',
      inputSchema: z.object({
        n: experimentNumber.describe('the experiment whose change is tried again'),
        on: experimentNumber.optional().describe('the experiment on whose code; the best version when absent'),
        ...SAID,
      }),
    },
    async ({ n, on, ...said }) =>
      replyWith(() => findDesk().ask(retryRequest({ n, ...defined({ on }), ...defined(said) }))),
  );
  mcpServer.registerTool(
    'replicate',
    {
      description:
        'Measure an experiment that is decided once more. Its verdict stays; its mean and the known noise get surer.',
      inputSchema: z.object({ n: experimentNumber.optional().describe('the best version when absent') }),
    },
    async ({ n }) => replyWith(() => findDesk().ask(replicateRequest(n))),
  );
  registerTryTool(mcpServer, findDesk);
  mcpServer.registerTool(
    'give_up',
    {
      description:
        'Give up an idea of yours that is not decided yet, with the reason. It takes no further measurement.',
      inputSchema: z.object({
        n: experimentNumber,
        because: z.string().min(1).describe(`why, at most ${MAX_SAID.because} characters`),
      }),
    },
    async ({ n, because }) => replyWith(() => findDesk().ask(giveUpRequest(n, because))),
  );
}

function registerTryTool(mcpServer: McpServer, findDesk: FindDesk): void {
  mcpServer.registerTool(
    'try_out',
    {
      description: `Run a change for at most ${TRY_SECONDS} s of training and ${TRY_WALL_S} s of the wall, to see whether it starts, crashes or prints what you expect. It gives the end of the output and timings, no number and no verdict. At most ${MAX_TRIES_AN_IDEA} between two ideas of yours. It runs between two measurements of the session; when it is not done in time, poll its id.`,
      inputSchema: z.object({
        diff: z.string().optional().describe('unified diff against the files of `parent`'),
        files: z
          .record(z.string(), z.string().nullable())
          .optional()
          .describe('instead of a diff: new content of whole files; with neither, the code of `parent` runs as it is'),
        parent: experimentNumber.optional().describe('the experiment that it changes; the best version when absent'),
        guards: z.boolean().optional().describe('run the guards of the arena before it'),
        profile: z.boolean().optional().describe('run the profile of the arena instead, where it has one'),
        wait_s: z
          .number()
          .min(0)
          .max(MAX_WAIT_S)
          .optional()
          .describe(`seconds to wait for it; ${MAX_WAIT_S} when absent`),
      }),
    },
    async ({ wait_s: waitS = MAX_WAIT_S, ...request }) =>
      replyWith(async () => {
        const desk = findDesk();
        return desk.pollSubmission((await desk.tryOut(defined(request))).id, waitS);
      }),
  );
}
