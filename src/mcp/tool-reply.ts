/** What the MCP tools share: how they answer, and how an experiment is named. */
import { z } from 'zod';
import { reasonOf } from '../base/error.ts';
import type { Desk } from './desk.ts';

/** The desk of the lab: throws E_NO_LAB as long as there is none, because programs start their servers before a run. */
export type FindDesk = () => Desk;

interface ToolReply {
  content: { type: 'text'; text: string }[];
  isError?: boolean;
  [key: string]: unknown;
}

/** A text as it is, anything else as JSON; what was thrown is an error of the tool. */
export async function replyWith(runTool: () => unknown): Promise<ToolReply> {
  try {
    const toolResult = await runTool();
    return {
      content: [{ type: 'text', text: typeof toolResult === 'string' ? toolResult : JSON.stringify(toolResult) }],
    };
  } catch (thrownError) {
    return { content: [{ type: 'text', text: reasonOf(thrownError) }], isError: true };
  }
}

export const experimentNumber = z.number().int().nonnegative();
export const READ_ONLY = { annotations: { readOnlyHint: true } };
