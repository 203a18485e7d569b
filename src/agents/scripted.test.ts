import { describe, it } from 'vitest';
import { AGENT_CASES, type AgentStage } from '../testing/agent-conformance.ts';
import { agentFromScript } from './scripted.ts';

const STEPS = {
  edit: { files: { 'open.txt': 'one\ntwo\n' }, text: 'Done.' },
  talk: { text: 'I have nothing to add.' },
  fail: { fail: { class: 'server', message: '500' } },
  endless: { waitMs: 3_600_000 },
} as const;

const stage: AgentStage = { makeAgent: async (behaviour) => agentFromScript(() => STEPS[behaviour]) };

describe('the scripted agent', () => {
  for (const one of AGENT_CASES) it.concurrent(one.name, () => one.run(stage));
});
