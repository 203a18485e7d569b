/** Who would propose ideas in a run from here, as one line for people. Asks no model. */
import { LabError } from '../base/error.ts';
import type { Sandbox } from '../core/ports.ts';
import { type AgentRequest, findIdeaSources } from './find-agents.ts';
import { canPropose } from './require-proposer.ts';

export interface ProposerNote {
  readonly canPropose: boolean;
  readonly text: string;
}

/** `agents` as OVERNIGHT_AGENT names them; absent: the best that is found. */
export async function describeProposer(
  request: Pick<AgentRequest, 'agents' | 'folder'>,
  sandbox: Sandbox,
  knobCount: number,
): Promise<ProposerNote> {
  try {
    const ideas = await findIdeaSources({ ...request, allowUnsafe: false, env: process.env }, sandbox);
    await ideas.close();
    if (canPropose(ideas, knobCount)) return { canPropose: true, text: ideas.reason };
    return {
      canPropose: false,
      text: `nobody proposes yet (${ideas.reason}): install an agent, set a key, declare knobs (\`overnight knobs\`), or submit ideas (\`overnight submit\` with \`overnight run --agent submissions\`)`,
    };
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown;
    return { canPropose: false, text: `nobody proposes yet: ${thrown.parts.what} ${thrown.parts.why}` };
  }
}

/** The names in OVERNIGHT_AGENT, which stands in for --agent. */
export function agentNamesOf(list: string | undefined): readonly string[] | undefined {
  return list ? list.split(',').map((name) => name.trim()) : undefined;
}
