// An agent of the Agent Client Protocol for tests: asks to be allowed, does what its first argument says, ends its
// turn.
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [what] = process.argv.slice(2);
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const update = (update) => send({ method: 'session/update', params: { sessionId: 's', update } });
const say = (text) => update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });
const waiting = new Map();
let ids = 100;
const ask = (method, params) =>
  new Promise((resolve) => {
    waiting.set(++ids, resolve);
    send({ id: ids, method, params });
  });
const OPTIONS = [
  { optionId: 'always', kind: 'allow_always', name: 'Always' },
  { optionId: 'yes', kind: 'allow_once', name: 'Yes' },
  { optionId: 'no', kind: 'reject_once', name: 'No' },
];
const allowed = async (kind, path) => {
  const toolCall = { toolCallId: 't', kind, title: kind, locations: [{ path }] };
  const { result } = await ask('session/request_permission', { sessionId: 's', options: OPTIONS, toolCall });
  return result.outcome.optionId;
};

async function turn(dir) {
  if (what === 'endless') return new Promise(() => setInterval(() => {}, 1000));
  say('Let me see. ');
  const { error } = await ask('fs/read_text_file', { sessionId: 's', path: `${dir}/open.txt` });
  update({ sessionUpdate: 'tool_call', toolCallId: 't', title: 'edit' });
  const answers = [
    await allowed('edit', `${dir}/open.txt`),
    await allowed('execute', '/bin/sh'),
    await allowed('edit', '/etc/passwd'),
  ];
  if (what === 'edit' && answers[0] === 'yes') appendFileSync('open.txt', 'two\n');
  say(`Done: ${answers.join(' ')}, ${error.code}.`);
  return {
    stopReason: what === 'refusal' ? 'refusal' : 'end_turn',
    usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 },
  };
}

process.stdout.write('a line that is no message\n');
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params, ...rest } = JSON.parse(line);
  if (method === undefined) waiting.get(id)?.(rest);
  else if (method === 'initialize')
    send({ id, result: { protocolVersion: what === 'future' ? 7 : params.protocolVersion, agentCapabilities: {} } });
  else if (method === 'session/new' && what === 'fail')
    send({ id, error: { code: -32000, message: 'Authentication required' } });
  else if (method === 'session/new') {
    process.env.DIR = params.cwd;
    send({ id, result: { sessionId: 's' } });
  } else if (method === 'session/prompt') void turn(process.env.DIR).then((result) => send({ id, result }));
}
