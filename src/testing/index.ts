/**
 * Conformance suites for whoever writes an adapter, and labs made up for tests. No test runner is needed: a case throws
 * when it fails.
 */
export { AGENT_CASES, type AgentCase, type AgentStage } from './agent-conformance.ts';
export { type InstantSandbox, instantSandbox, type PlayRun } from './instant-sandbox.ts';
export { LEDGER_CASES, type LedgerCase } from './ledger-conformance.ts';
export { PROPOSER_CASES, type ProposerCase } from './proposer-conformance.ts';
export { SANDBOX_CASES, type SandboxCase } from './sandbox-conformance.ts';
export { arenaWith, Script } from './script.ts';
export { type SyntheticLab, type SyntheticOptions, syntheticLab } from './synthetic.ts';
export { WORKSPACE_CASES, type WorkspaceCase } from './workspace-conformance.ts';
