/**
 * Arenas whose candidate asks a model itself: alone, joined with its evaluator, and where the evaluator asks one too;
 * with a holdout; with another API; without a sandbox; and after a kill.
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { commitAll, freshFolder, ledgerFile, ledgerLines, overnight, start } from '../fixtures/cli.ts';
import { KEY, sendJson, startTargetModel, type TargetModel } from '../fixtures/prompt-arena.ts';

const ENV = { TARGET_KEY: KEY, OVERNIGHT_AGENT: 'search' };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
async function startServer(...args: Parameters<typeof startTargetModel>): Promise<TargetModel> {
  const server = await startTargetModel(...args);
  closing.push(() => server.close());
  return server;
}

/** A line of node that asks `COUNT` times and hands what came to `then`. */
const asking = (count: string, then: string, path = '/v1/chat/completions', extra = ''): string => `
const http = require('node:http'), fs = require('node:fs');
const ask = (question) => new Promise((resolve, reject) => {
  const sent = http.request({ socketPath: process.env.OVERNIGHT_MODEL_SOCKET, path: '${path}', method: 'POST' }, (response) => {
    let text = '';
    response.on('data', (piece) => (text += piece));
    response.on('end', () => response.statusCode === 200 ? resolve(text) : reject(new Error(response.statusCode + ' ' + text)));
  });
  sent.on('error', reject);
  sent.end(JSON.stringify({ model: process.env.OVERNIGHT_MODEL, messages: [{ role: 'user', content: 'system' }, { role: 'user', content: question }]${extra} }));
});
(async () => {
  let answers = 0;
  for (let i = 0; i < ${count}; i++) { await ask('case ' + i); answers++; }
  ${then}
})().catch((error) => { console.error(error.message); process.exit(1); });
`;
const LEAVE = `fs.writeFileSync(process.env.OVERNIGHT_OUT + '/x.txt', String(answers)); fs.writeFileSync(process.env.OVERNIGHT_START, '');`;
const JUDGE = `printf 'nonce: %s\\nloss: %s\\n' "$OVERNIGHT_NONCE" "$(cat "$OVERNIGHT_ARTEFACT/x.txt")" > "$OVERNIGHT_RESULT"\n`;

interface ArenaParts {
  readonly url: string;
  readonly model?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly manifest?: (text: string) => string;
}

function candidateArena({ url, model = '', files = {}, manifest = (text) => text }: ArenaParts): string {
  const folder = freshFolder('asks');
  const text = `overnight: 1
name: asks
metric: { name: loss, direction: minimize }
editable: [x.cjs]
hidden: [judge.sh]
run: { command: node x.cjs }
artefact: [x.txt]
evaluate: { command: sh judge.sh, wall_s: 60 }
budget: { seconds: 20, grace_s: 20, wall_s: 60 }
calibrate: { replicates: 2 }
resources: { memory_mb: 512, pids: 64, disk_mb: 16 }
decide: { controls: 0 }
model:
  for: candidate
  allow: [target-small]
  url: ${url}
  key: TARGET_KEY
  budget: { tokens: 20000 }
  prices: { target-small: { input: 2, output: 10 } }
  ${model}
knobs: [{ name: COUNT, file: x.cjs, kind: int, range: [1, 4] }]
`;
  const all = {
    'arena.yaml': manifest(text),
    'x.cjs': `const COUNT = 3;\n${asking('COUNT', LEAVE)}`,
    'judge.sh': JUDGE,
    'program.md': '# Ask less\n',
    ...files,
  };
  for (const [name, content] of Object.entries(all)) writeFileSync(join(folder, name), content);
  commitAll(folder);
  return folder;
}

const run = (folder: string, env: Record<string, string> = {}): ReturnType<typeof overnight> =>
  overnight(['run', '--agent', 'search', '--experiments', '1'], { cwd: folder, env: { ...ENV, ...env } });
const measured = (folder: string): any[] => ledgerLines(folder).filter(({ type }) => type === 'measured');

it('a candidate that asks is metered, and one that asks less is better', async () => {
  const server = await startServer();
  const folder = candidateArena({ url: `${server.url}/v1` });
  const ended = await run(folder);
  expect(ended.status, ended.stdout + ended.stderr).toBe(0);
  const [baseline] = measured(folder);
  expect(baseline.outcome).toMatchObject({ value: 3, metrics: { target_tokens: 315, target_usd: 0.00075 } });
  expect(Object.keys(baseline.conditions.models)).toEqual(['candidate']);
  for (const { outcome } of measured(folder)) expect(outcome.metrics.target_tokens).toBe(105 * outcome.value);
}, 120_000);

it.each(['bubblewrap', 'process'])(
  'joined with its evaluator, each has a socket and figures of its own (%s)',
  async (level) => {
    const server = await startServer();
    const judge = asking(
      '2',
      `process.stdin.once('data', (data) => { fs.writeFileSync(process.env.OVERNIGHT_RESULT, 'nonce: ' + process.env.OVERNIGHT_NONCE + '\\nloss: ' + Number(data) + '\\n'); process.exit(0); });`,
    );
    const files = {
      'x.cjs': `const COUNT = 3;\n${asking('COUNT', `fs.writeFileSync(process.env.OVERNIGHT_START, ''); console.log(answers);`)}`,
      'judge.cjs': judge,
    };
    const folder = candidateArena({
      url: `${server.url}/v1`,
      files,
      manifest: (text) =>
        text
          .replace('artefact: [x.txt]\n', '')
          .replace('command: sh judge.sh,', 'command: node judge.cjs, join: pipe,')
          .replace('hidden: [judge.sh]', 'hidden: [judge.cjs, judge.sh]')
          .replace('for: candidate', 'for: both'),
    });
    const ended = await run(folder, { OVERNIGHT_SANDBOX: level });
    expect(ended.status, ended.stdout + ended.stderr).toBe(0);
    expect(measured(folder)[0].outcome).toMatchObject({
      value: 3,
      metrics: { target_tokens: 315, target_usd: 0.00075, evaluator_tokens: 210, evaluator_usd: 0.0005 },
    });
  },
  120_000,
);

it('a provider of the Anthropic API is asked with its own header and path', async () => {
  const headers: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    headers.push({ ...request.headers, path: request.url });
    request.resume();
    request.on('end', () =>
      sendJson(response, 200, {
        content: [{ type: 'text', text: 'hi' }],
        usage: { input_tokens: 50, output_tokens: 5, cache_read_input_tokens: 10 },
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => (server.close(() => resolve()), server.closeAllConnections())));
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const folder = candidateArena({
    url,
    model: 'api: anthropic',
    files: { 'x.cjs': `const COUNT = 3;\n${asking('COUNT', LEAVE, '/v1/messages', ', max_tokens: 9')}` },
  });
  const ended = await run(folder);
  expect(ended.status, ended.stdout + ended.stderr).toBe(0);
  expect(headers[0]).toMatchObject({ 'x-api-key': KEY, path: '/v1/messages' });
  expect(headers[0]).not.toHaveProperty('authorization');
  expect(measured(folder)[0].outcome.metrics.target_tokens).toBe(195);
  expect(measured(folder)[0].conditions.models.candidate).toMatchObject({
    inputTokens: 150,
    cachedTokens: 30,
    outputTokens: 15,
  });
}, 120_000);

it('the holdout has a budget of its own, and its answers are not those of validation', async () => {
  const server = await startServer();
  const judging = (file: string): string =>
    asking(
      '5',
      `fs.writeFileSync(process.env.OVERNIGHT_RESULT, 'nonce: ' + process.env.OVERNIGHT_NONCE + '\\nloss: ' + fs.readFileSync(process.env.OVERNIGHT_ARTEFACT + '/x.txt', 'utf8') + '\\n'); // ${file}`,
    );
  const folder = candidateArena({
    url: `${server.url}/v1`,
    files: {
      'x.cjs': `const COUNT = 3;\nrequire('fs').writeFileSync(process.env.OVERNIGHT_OUT + '/x.txt', String(COUNT));\n`,
      'judge.cjs': judging('a'),
      'held.cjs': judging('b'),
    },
    manifest: (text) =>
      text
        .replace('for: candidate', 'for: evaluator')
        .replace('tokens: 20000', 'tokens: 600')
        .replace('command: sh judge.sh', 'command: node judge.cjs')
        .replace('hidden: [judge.sh]', 'hidden: [judge.cjs, held.cjs, judge.sh]')
        .concat(
          'holdout: { command: node held.cjs, hidden: [held.cjs], wall_s: 60 }\npenalties: [{ metric: target_tokens, weight: 1 }]\n',
        ),
  });
  const ended = await run(folder);
  expect(ended.status, ended.stdout + ended.stderr).toBe(0);
  const held = ledgerLines(folder).filter(({ type }) => type === 'held') as any[];
  expect(held.length).toBeGreaterThan(0);
  expect(held[0].outcome).toMatchObject({
    kind: 'measured',
    value: 3 + 525,
    metrics: { target_tokens: 525, before_penalties: 3 },
  });
}, 120_000);

it('a guard has no socket', async () => {
  const server = await startServer();
  const folder = candidateArena({
    url: `${server.url}/v1`,
    manifest: (text) =>
      `${text}guards: [{ name: shut, command: 'test -z "$OVERNIGHT_MODEL_SOCKET" && ! test -e /lab/model', early: true }]\n`,
  });
  const ended = await run(folder);
  expect(ended.status, ended.stdout + ended.stderr).toBe(0);
  const guarded = ledgerLines(folder).filter(({ type }) => type === 'guarded') as any[];
  expect(guarded.length).toBeGreaterThan(0);
  for (const { outcomes } of guarded) expect(outcomes[0]).toMatchObject({ name: 'shut', passed: true });
}, 120_000);

it('after a kill in the middle of a request the next run goes on, and no socket is left', async () => {
  let isHanging = true;
  const server = await startServer(() => isHanging);
  const folder = candidateArena({ url: `${server.url}/v1` });
  const running = start(['run', '--agent', 'search', '--experiments', '1'], { cwd: folder, env: ENV });
  await expect.poll(() => server.asked.length, { timeout: 60_000 }).toBeGreaterThan(0);
  running.child.kill('SIGKILL');
  await running.ended;
  isHanging = false;
  const ended = await run(folder);
  expect(ended.status, ended.stdout + ended.stderr).toBe(0);
  expect(measured(folder).length).toBeGreaterThan(2);
  const lab = /"lab":"(\w+)"/.exec(JSON.stringify(ledgerLines(folder)[0]))![1]!;
  expect(readdirSync(tmpdir()).filter((name) => name.includes(lab))).toEqual([]);
  expect(existsSync(join(ledgerFile(folder), '..', 'model-answers'))).toBe(true);
}, 120_000);
