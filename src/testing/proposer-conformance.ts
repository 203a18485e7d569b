/**
 * What every proposer must do, as named cases. `make` gives a fresh proposer for a brief that it can work on. Knows no
 * test runner: each case throws when it fails.
 */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { admit } from '../core/admission/policy.ts';
import type { Brief, Proposal, Proposer } from '../core/ports.ts';

export interface ProposerCase {
  readonly name: string;
  run(make: () => Proposer, brief: () => Brief): Promise<void>;
}

function edit(proposal: Proposal): Extract<Proposal, { kind: 'edit' }> {
  ok(proposal.kind === 'edit', proposal.kind === 'none' ? `no idea: ${proposal.reason}` : '');
  return proposal;
}

export const PROPOSER_CASES: readonly ProposerCase[] = [
  {
    name: 'proposes a change that says what it is and that may be tried',
    async run(make, brief) {
      const { arena, state, files } = brief();
      const proposer = make();
      ok(proposer.name.length > 0);
      const proposal = edit(await proposer.propose(brief()));
      ok(proposal.hypothesis.length > 2);
      ok(proposal.edits.length > 0);
      deepStrictEqual(admit(arena, state, { parent: state.incumbent }, files, proposal.edits).ok, true);
    },
  },
  {
    name: 'leaves the brief as it was',
    async run(make, brief) {
      const given = brief();
      const before = structuredClone({ state: given.state, files: given.files, arena: given.arena });
      await make().propose(given);
      deepStrictEqual(structuredClone({ state: given.state, files: given.files, arena: given.arena }), before);
    },
  },
  {
    name: 'says "none" with a reason when nothing may be changed, and does not throw',
    async run(make, brief) {
      const given = brief();
      const proposal = await make().propose({ ...given, files: new Map() });
      strictEqual(proposal.kind, 'none');
      ok(proposal.kind === 'none' && proposal.reason.length > 2);
    },
  },
];
