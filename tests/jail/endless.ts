/**
 * A harness for a test: one endless agent in the jail, with the tag and the temporary folder that it is given. Says
 * when it runs.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandAgent } from '../../src/agents/command.ts';
import { Gateway } from '../../src/agents/gateway/gateway.ts';
import { openJail } from '../../src/agents/jail.ts';
import { chooseSandbox } from '../../src/sandbox/choose.ts';

const [tag = ''] = process.argv.slice(2);
const { sandbox } = await chooseSandbox();
const agent = commandAgent(
  { command: 'sh -c "setsid sleep 86397 & sleep 86397"' },
  { jail: openJail(sandbox, true), gateway: new Gateway({ upstreams: {} }) },
);
const dir = mkdtempSync(join(tmpdir(), 'task-'));
void agent.run({
  prompt: 'Go.',
  dir,
  writable: [],
  limits: { wallMs: 3_600_000 },
  cores: [],
  tag,
  signal: new AbortController().signal,
});
setTimeout(() => console.log('running'), 1500);
