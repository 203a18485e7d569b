/**
 * What every proposer must do, as named cases. `makeProposer` gives a fresh proposer for a brief that it can work on.
 * Knows no test runner: each case throws when it fails.
 */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { admitIdea } from '../core/admission/policy.ts';
import type { Brief, Proposal, Proposer } from '../core/ports.ts';

export interface ProposerCase {
  readonly name: string;
  run(makeProposer: () => Proposer, makeBrief: () => Brief): Promise<void>;
}

function requireEdit(proposal: Proposal): Extract<Proposal, { kind: 'edit' }> {
  ok(proposal.kind === 'edit', proposal.kind === 'none' ? `no idea: ${proposal.reason}` : '');
  return proposal;
}

export const PROPOSER_CASES: readonly ProposerCase[] = [
  {
    name: 'proposes a change that says what it is and that may be tried',
    async run(makeProposer, makeBrief) {
      const { arena, state, files } = makeBrief();
      const proposer = makeProposer();
      ok(proposer.name.length > 0);
      const proposal = requireEdit(await proposer.propose(makeBrief()));
      ok(proposal.hypothesis.length > 2);
      ok(proposal.edits.length > 0);
      deepStrictEqual(admitIdea(arena, state, { parent: state.incumbent }, files, proposal.edits).ok, true);
    },
  },
  {
    name: 'leaves the brief as it was',
    async run(makeProposer, makeBrief) {
      const brief = makeBrief();
      const briefBefore = structuredClone({ state: brief.state, files: brief.files, arena: brief.arena });
      await makeProposer().propose(brief);
      deepStrictEqual(structuredClone({ state: brief.state, files: brief.files, arena: brief.arena }), briefBefore);
    },
  },
  {
    name: 'says "none" with a reason when nothing may be changed, and does not throw',
    async run(makeProposer, makeBrief) {
      const brief = makeBrief();
      const proposal = await makeProposer().propose({ ...brief, files: new Map() });
      strictEqual(proposal.kind, 'none');
      ok(proposal.kind === 'none' && proposal.reason.length > 2);
    },
  },
];
