/**
 * An arena whose evaluator asks a model with the candidate's prompt, through the product: a better prompt is kept, the
 * harness counts tokens and dollars, and what fails is blamed on who made it fail.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { expectError, ledgerFile, ledgerLines, overnight } from '../fixtures/cli.ts';
import {
  KEY,
  promptArena,
  type PromptArena,
  sendJson,
  startTargetModel,
  type TargetModel,
} from '../fixtures/prompt-arena.ts';

const ENV = { TARGET_KEY: KEY, OVERNIGHT_AGENT: 'search' };
const servers: TargetModel[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
async function startServer(...args: Parameters<typeof startTargetModel>): Promise<TargetModel> {
  const server = await startTargetModel(...args);
  servers.push(server);
  return server;
}
const run = (folder: string, experiments = 2): ReturnType<typeof overnight> =>
  overnight(['run', '--agent', 'search', '--experiments', String(experiments)], { cwd: folder, env: ENV });

interface Measured {
  readonly outcome: {
    readonly kind: string;
    readonly class?: string;
    readonly message?: string;
    readonly metrics: Record<string, number>;
  };
  readonly conditions: { readonly remark?: string; readonly models?: Record<string, Record<string, unknown>> };
}
const measured = (folder: string): Measured[] =>
  ledgerLines(folder).filter(({ type }) => type === 'measured') as unknown as Measured[];
const linesOf = (folder: string, type: string): Record<string, unknown>[] =>
  ledgerLines(folder).filter((line) => line.type === type);

describe.each(['fresh', 'reuse'])('a prompt as the candidate, with `cache: %s`', (cache) => {
  it('a better prompt is kept, and its tokens and dollars stand in the report', async () => {
    const server = await startServer();
    const folder = promptArena({ url: server.url, model: `cache: ${cache}` });
    const ended = await run(folder);
    expect(ended.status, ended.stdout + ended.stderr).toBe(0);
    const kept = linesOf(folder, 'advanced');
    expect(kept.length).toBeGreaterThan(0);
    const shown = await overnight(['show', String(kept.at(-1)!.n)], { cwd: folder });
    expect(shown.stdout).toContain('target_tokens 1260');
    expect(shown.stdout).toContain('target_usd 0.003');
    const counts = measured(folder);
    for (const { outcome, conditions } of counts) {
      expect(outcome.metrics).toMatchObject({ target_tokens: 1260, target_usd: 0.003 });
      expect(conditions.models?.evaluator).toMatchObject({ requests: 12, fromCache: 0, billedTokens: 1260 });
    }
    expect(server.asked).toHaveLength(12 * counts.length); // every candidate is another one, and calibration draws anew
    await overnight(['report'], { cwd: folder });
    const report = readFileSync(join(ledgerFile(folder), '..', 'report', 'report.md'), 'utf8');
    expect(report).toContain('as the harness counted');
    expect(report).toMatch(
      /target_tokens 1260, target_usd 0\.003 \(baseline\); target_tokens 1260, target_usd 0\.003 \(#\d\)/,
    );
    expect((await overnight(['audit'], { cwd: folder })).status).toBe(0);
  });

  it('another measurement of the same code is answered by the model or from the record, and counts alike', async () => {
    const server = await startServer();
    const folder = promptArena({
      url: server.url,
      model: `cache: ${cache}`,
      manifest: (text) => text.replace('controls: 0', 'controls: 0, replicates: 2'),
    });
    await run(folder, 1);
    const ofIdea = ledgerLines(folder).filter((line) => line.type === 'measuring' && line.n === 1);
    expect(ofIdea.slice(0, 3).map(({ purpose }) => purpose)).toEqual(['idea', 'replicate', 'confirm']);
    const uses = ofIdea.slice(0, 3).map(({ m }) => measured(folder)[m as number]!.conditions.models!.evaluator!);
    expect(uses.map(({ fromCache }) => fromCache)).toEqual([0, cache === 'reuse' ? 12 : 0, 0]); // a claim draws anew
    expect(uses.map(({ inputTokens }) => inputTokens)).toEqual([1200, 1200, 1200]);
    expect(measured(folder).map(({ outcome }) => outcome.metrics.target_usd)).toEqual(
      measured(folder).map(() => 0.003),
    );
  });
});

describe('what is kept from the arena', () => {
  it('the key is in no file, no output and no environment of it', async () => {
    const server = await startServer();
    const judge = (text: string): string =>
      text.replace(
        "+ (process.env.EXTRA ?? '')",
        "+ 'keys: ' + (JSON.stringify(process.env).includes('MARKERKEY') ? 1 : 0) + '\\n'",
      );
    const folder = promptArena({ url: server.url, judge });
    expect((await run(folder)).status).toBe(0);
    expect(measured(folder).map(({ outcome }) => outcome.metrics.keys)).toEqual(measured(folder).map(() => 0));
    expect(server.asked[0]!.headers.authorization).toBe(`Bearer ${KEY}`);
    const lab = join(ledgerFile(folder), '..');
    const files = readdirSync(lab, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(10);
    for (const entry of files)
      expect(readFileSync(join(entry.parentPath, entry.name), 'latin1')).not.toContain('MARKERKEY');
  });

  it('what an evaluator says about tokens and money is replaced by what was counted', async () => {
    const server = await startServer();
    const judge = (text: string): string =>
      text.replace("(process.env.EXTRA ?? '')", "'target_tokens: 1\\ntarget_usd: 0\\nevaluator_usd: 0\\n'");
    const folder = promptArena({ url: server.url, judge });
    expect((await run(folder)).status).toBe(0);
    for (const { outcome } of measured(folder)) {
      expect(outcome.metrics).toMatchObject({ target_tokens: 1260, target_usd: 0.003 });
      expect(outcome.metrics).not.toHaveProperty('evaluator_usd');
    }
  });

  it('a candidate that may not ask has no socket, and the network stays shut', async () => {
    const server = await startServer();
    const port = new URL(server.url).port;
    const probe = `test -z "$OVERNIGHT_MODEL_SOCKET" || exit 3; node -e "require('net').connect(${port}, '127.0.0.1').on('connect', () => process.exit(4)).on('error', () => process.exit(0))" || exit 4; `;
    const folder = promptArena({
      url: server.url,
      manifest: (text) =>
        text
          .replace("command: 'cp", `command: 'sh ./probe.sh || exit 5; cp`)
          .replace('hidden: [judge.cjs]', 'hidden: [judge.cjs]\nfrozen: [probe.sh]'),
    });
    writeFileSync(join(folder, 'probe.sh'), `${probe}\n`);
    const ended = await run(folder, 1);
    expect(ended.status, ended.stdout + ended.stderr).toBe(0);
  });

  it('a penalty on target_usd enters the number that decides', async () => {
    const server = await startServer();
    const folder = promptArena({
      url: server.url,
      manifest: (text) =>
        `${text}penalties: [{ metric: target_usd, weight: 10 }]\n`.replace(', plausible: { min: 0, max: 1 }', ''),
    });
    expect((await run(folder, 1)).status).toBe(0);
    expect(measured(folder)[0]!.outcome).toMatchObject({ value: 0.47, metrics: { before_penalties: 0.5 } });
  });
});

describe('a failure that a model explains', () => {
  const failing = async (arena: Omit<PromptArena, 'url'>): Promise<{ folder: string; server: TargetModel }> => {
    const server = await startServer();
    return { folder: promptArena({ url: server.url, ...arena }), server };
  };

  it('over the budget has a class of its own, and the figures', async () => {
    const { folder } = await failing({ manifest: (text) => text.replace('tokens: 20000, usd: 0.05', 'tokens: 700') });
    expectError(
      await overnight(['run', '--json', '--agent', 'search', '--experiments', '1'], { cwd: folder, env: ENV }),
      'E_BASELINE',
      6,
      /model-budget: The budget of this measurement is 700 tokens/,
    );
    expect(measured(folder)[0]!.outcome).toMatchObject({ kind: 'crashed', class: 'model-budget' });
  });

  it('a number that came all the same stands, with a remark', async () => {
    const judge = (text: string): string =>
      text.replace("reject(new Error(response.statusCode + ' ' + text))", "resolve('')");
    const { folder } = await failing({
      judge,
      manifest: (text) => text.replace('tokens: 20000, usd: 0.05', 'tokens: 700'),
    });
    await run(folder, 1);
    expect(measured(folder)[0]!.outcome.kind).toBe('measured');
    expect(measured(folder)[0]!.conditions.remark).toMatch(/a request to a model was refused.*700 tokens/);
    expect((await overnight(['show', '0'], { cwd: folder })).stdout).toMatch(/a request to a model was refused/);
    const report = await overnight(['report'], { cwd: folder });
    expect(report.status).toBe(0);
    const page = readFileSync(join(ledgerFile(folder), '..', 'report', 'report.md'), 'utf8');
    expect(page).toMatch(
      /Model.*requests were refused in \d+ of \d+ measurements, the last: The budget of this measurement is 700/,
    );
  });

  it('a model that is not allowed is named with those that are', async () => {
    const judge = (text: string): string => text.replace('model: process.env.OVERNIGHT_MODEL', "model: 'target-large'");
    const { folder, server } = await failing({ judge });
    const ended = await run(folder, 1);
    expect(ended.stdout + ended.stderr).toMatch(
      /model-refused: the model "target-large" is not allowed; allowed: target-small/s,
    );
    expect(server.asked).toEqual([]);
  });
});

describe('a provider that fails', () => {
  it('from the start ends the run with what to do, and no experiment failed', async () => {
    const server = await startServer((response) => {
      sendJson(response, 401, { error: { message: 'invalid api key' } });
      return true;
    });
    const folder = promptArena({ url: server.url });
    const ended = await overnight(['run', '--json', '--agent', 'search', '--experiments', '1'], {
      cwd: folder,
      env: ENV,
    });
    expectError(
      ended,
      'E_STUCK',
      6,
      /3 measurements in a row came to nothing: The provider failed \(login: 401: invalid api key\)/,
    );
    expect(linesOf(folder, 'measured')).toEqual([]);
    expect(linesOf(folder, 'lost')).toHaveLength(3);
  });

  it('over one idea, once, costs that idea nothing', async () => {
    const server = await startServer((response, request) => {
      if (request !== 26) return false; // the third measurement, after two of the baseline
      sendJson(response, 402, { error: { message: 'payment required' } });
      return true;
    });
    const folder = promptArena({ url: server.url });
    const ended = await run(folder, 1);
    expect(ended.status, ended.stdout + ended.stderr).toBe(0);
    expect(linesOf(folder, 'lost')).toHaveLength(1);
    expect(ended.stdout.replace(/\s+/g, ' ')).toContain(
      'a measurement of #1 came to nothing and will be repeated: A measurement',
    );
    expect(linesOf(folder, 'lost')[0]!.reason).toMatch(/a model could not be asked/);
    expect(linesOf(folder, 'decided')[0]!.decision).not.toMatchObject({ verdict: 'crashed' });
  });

  it('over the requests of one candidate alone, again and again, is that candidate’s failure', async () => {
    const server = await startServer((response, request) => {
      const { body } = servers[0]!.asked[request]!;
      if (!JSON.stringify(body).includes('polite') && !JSON.stringify(body).includes('careful')) return false;
      sendJson(response, 402, { error: { message: 'payment required' } });
      return true;
    });
    const folder = promptArena({ url: server.url });
    const ended = await run(folder, 1);
    expect(ended.status, ended.stdout + ended.stderr).toBe(0);
    const last = measured(folder).at(-1)!.outcome;
    expect(last).toMatchObject({ kind: 'crashed', class: 'model-failed' });
    expect(last.message).toMatch(/failed over its requests, twice, and answers others/);
  });

  it('a key that is not set is said before anything runs', async () => {
    const server = await startServer();
    const folder = promptArena({ url: server.url });
    const env = { OVERNIGHT_AGENT: 'search', TARGET_KEY: '' };
    const ended = await overnight(['run', '--json', '--agent', 'search', '--experiments', '1'], { cwd: folder, env });
    expectError(ended, 'E_MODEL', 3, /model\.key: TARGET_KEY.*is empty/);
    expect(linesOf(folder, 'measuring')).toEqual([]);
  });
});

describe('doctor', () => {
  const doctor = (folder: string, env = ENV): ReturnType<typeof overnight> =>
    overnight(['doctor'], { cwd: folder, env });

  it('says where the key goes, that the provider answers, and that the socket works from inside, and asks no model', async () => {
    const server = await startServer();
    const ended = await doctor(promptArena({ url: server.url }));
    expect(ended.stdout).toContain(
      `✓ model: target-small at ${server.url}/v1; TARGET_KEY is sent there and nowhere else`,
    );
    expect(ended.stdout).toContain('its provider: answers; it was asked for its list of models, which costs nothing');
    expect(ended.stdout).toContain('its prices: known');
    expect(ended.stdout).toContain('its socket: was reached from inside the sandbox; no model was asked');
    expect(ended.stdout).toMatch(/✓ metric parses: accuracy = 0\.5/);
    expect(ended.stdout).not.toContain('MARKERKEY');
  });

  it('names a key that is missing, a provider that is not there, and a price that nobody knows', async () => {
    const server = await startServer();
    const folder = promptArena({ url: server.url, manifest: (text) => text.replace(/\n {2}prices: .*\n/, '\n') });
    expect((await doctor(folder, { ...ENV, TARGET_KEY: '' })).stdout).toMatch(
      /✗ model: .*model\.key: TARGET_KEY.* is empty/,
    );
    await server.close();
    const { stdout } = await doctor(folder);
    expect(stdout).toMatch(/✗ {3}its provider: .*ECONNREFUSED/);
    expect(stdout).toMatch(/✗ {3}its prices: no price of target-small is known: a budget in dollars refuses them/);
  });
});
