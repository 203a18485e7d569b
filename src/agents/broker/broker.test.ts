/** What the broker counts, what it records, and how it takes a provider that fails. */
import { describe, expect, it } from 'vitest';
import { KEY } from '../../../tests/hostile/gateway-scene.ts';
import {
  ask,
  chatAnswer,
  closeAfterEach,
  openModelScene,
  sendTo,
  socketOf,
} from '../../../tests/hostile/model-scene.ts';
import { modelSchema } from '../../core/model-rules.ts';
import { providerOf } from './broker.ts';

closeAfterEach();
const contentOf = (body: string): string => JSON.parse(body).choices[0].message.content as string;
const numbered = chatAnswer;

describe('what is counted', () => {
  it('tokens and dollars by the declared price, of whole answers and of streams', async () => {
    const scene = await openModelScene((response, body) => {
      const usage = { prompt_tokens: 100, completion_tokens: 10 };
      if (JSON.parse(body).stream !== true) return void response.end(JSON.stringify({ choices: [], usage }));
      expect(JSON.parse(body).stream_options.include_usage).toBe(true);
      response.setHeader('content-type', 'text/event-stream');
      response.end(`data: {"choices":[{"delta":{"content":"hi"}}]}\n\ndata: ${JSON.stringify({ usage })}\n\n`);
    });
    await sendTo(scene.socketPath);
    await sendTo(scene.socketPath, { body: { ...ask(), stream: true } });
    expect(scene.models.use()).toEqual({
      requests: 2,
      fromCache: 0,
      inputTokens: 200,
      cachedTokens: 0,
      outputTokens: 20,
      usd: 0.00024,
      billedTokens: 220,
      billedUsd: 0.00024,
    });
  });

  it('a model without a price has tokens and no dollars', async () => {
    const scene = await openModelScene();
    await sendTo(scene.socketPath, { body: ask('hi', 'other-9b') });
    expect(scene.models.use()).toMatchObject({ inputTokens: 100, outputTokens: 10 });
    expect(scene.models.use().usd).toBeUndefined();
  });

  it('no further request is sent once the budget is used, and the answer says so', async () => {
    const scene = await openModelScene(chatAnswer(), { budget: { tokens: 225 } });
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await sendTo(scene.socketPath, { body: ask(`q${i}`) })).status);
    expect(statuses).toEqual([200, 200, 403, 403]);
    const refused = await sendTo(scene.socketPath);
    expect(JSON.parse(refused.body).error).toMatchObject({ code: 'budget_exhausted' });
    expect(JSON.parse(refused.body).error.message).toMatch(/budget of this measurement is 225 tokens: 220 are used/);
    expect(scene.models.overBudget).toContain('225 tokens');
    expect(scene.provider.bodies).toHaveLength(2);
  });

  it('a budget of dollars refuses a model whose price nobody knows', async () => {
    const scene = await openModelScene(chatAnswer(), { budget: { usd: 1 } });
    const heard = await sendTo(scene.socketPath, { body: ask('hi', 'other-9b') });
    expect(heard.status).toBe(403);
    expect(heard.body).toContain('no price of the model');
    expect((await sendTo(scene.socketPath)).status).toBe(200);
  });

  it('another measurement begins with a whole budget', async () => {
    const scene = await openModelScene(chatAnswer(), { budget: { tokens: 120 } });
    expect((await sendTo(scene.socketPath)).status).toBe(200);
    expect((await sendTo(scene.socketPath)).status).toBe(403);
    expect((await sendTo(socketOf(await scene.open()), { body: ask('other') })).status).toBe(200);
  });
});

describe('what is recorded', () => {
  it('the same request of a later measurement is answered alike, costs nothing, and counts as a new one', async () => {
    const scene = await openModelScene(numbered((_, count) => `answer ${count}`));
    const draws = [];
    for (let i = 0; i < 2; i++) {
      const models = await scene.open({ space: 's', draw: '' });
      const heard = await sendTo(socketOf(models));
      draws.push(contentOf(heard.body));
      expect(models.use()).toMatchObject({ requests: 1, fromCache: i, inputTokens: 100, usd: 0.00012 });
      expect(models.use().billedTokens).toBe(i === 0 ? 110 : 0);
      expect(models.use().billedUsd).toBe(i === 0 ? 0.00012 : 0);
    }
    expect(draws).toEqual(['answer 0', 'answer 0']);
  });

  it('a candidate that asks the same five times gets five answers, and the same five the next time', async () => {
    const scene = await openModelScene(numbered((_, count) => `answer ${count}`));
    const drawn: string[][] = [];
    for (let round = 0; round < 2; round++) {
      const socketPath = socketOf(await scene.open({ space: 's', draw: '' }));
      const texts = [];
      for (let i = 0; i < 5; i++) texts.push(contentOf((await sendTo(socketPath)).body));
      drawn.push(texts);
    }
    expect(drawn[0]).toEqual(['answer 0', 'answer 1', 'answer 2', 'answer 3', 'answer 4']);
    expect(drawn[1]).toEqual(drawn[0]);
  });

  it('a draw of its own gets new answers, which are recorded too', async () => {
    const scene = await openModelScene(numbered((_, count) => `answer ${count}`));
    const textFor = async (draw: string): Promise<string> =>
      contentOf((await sendTo(socketOf(await scene.open({ space: 's', draw })))).body);
    expect([await textFor('m1'), await textFor('m2'), await textFor('m1')]).toEqual([
      'answer 0',
      'answer 1',
      'answer 0',
    ]);
  });

  it('a body that says the same in another order is the same request', async () => {
    const scene = await openModelScene(numbered((_, count) => `answer ${count}`));
    const body = { ...ask(), temperature: 0 };
    const turned = Object.fromEntries(Object.entries(body).reverse());
    await sendTo(socketOf(await scene.open({ draw: '' })), { body });
    const heard = await sendTo(socketOf(await scene.open({ draw: '' })), { body: turned });
    expect(contentOf(heard.body)).toBe('answer 0');
    const warmer = await sendTo(socketOf(await scene.open({ draw: '' })), { body: { ...body, temperature: 1 } });
    expect(contentOf(warmer.body)).toBe('answer 1');
  });

  it('a number that JSON cannot hold is no way around', async () => {
    const scene = await openModelScene();
    const bytes = Buffer.from(JSON.stringify(ask()).replace('{', '{"temperature":1e999,'));
    expect((await sendTo(scene.socketPath, { bytes })).status).toBe(200);
    expect(JSON.parse(scene.provider.bodies[0]!).temperature).toBeNull();
  });

  it('an error is not recorded', async () => {
    let answers = 0;
    const scene = await openModelScene((response, body, asked) => {
      if (answers++ === 0) {
        response.statusCode = 400;
        return void response.end('{"error":{"message":"bad request"}}');
      }
      chatAnswer()(response, body, asked);
    });
    const statuses = [];
    for (let i = 0; i < 2; i++) statuses.push((await sendTo(socketOf(await scene.open({ draw: '' })))).status);
    expect(statuses).toEqual([400, 200]);
  });
});

describe('a provider that fails', () => {
  it('now and then is asked again, and the candidate sees the answer alone', async () => {
    let requests = 0;
    const scene = await openModelScene((response, body, asked) => {
      const failures = [429, 503];
      const status = failures[requests++];
      if (status === undefined) return chatAnswer()(response, body, asked);
      response.statusCode = status;
      response.end('{"error":{"message":"busy"}}');
    });
    const heard = await sendTo(scene.socketPath);
    expect([heard.status, requests]).toEqual([200, 3]);
    expect(scene.models.trouble).toBeUndefined();
    expect(scene.models.waitedS).toBeGreaterThan(1);
    expect(scene.models.use().requests).toBe(1);
  });

  it.each([
    ['refuses the key', 401, 'invalid api key', 'login'],
    ['has no credit', 402, 'payment required', 'quota'],
    ['is down', 500, 'down', 'server'],
    ['limits the rate for an hour', 429, 'slow down', 'rate-limit'],
  ])('and %s is to blame, not the candidate', async (_, status, message, failureClass) => {
    const scene = await openModelScene(
      (response) => {
        response.statusCode = status;
        if (status === 429) response.setHeader('retry-after', '3600');
        response.end(JSON.stringify({ error: { message: `${message} ${KEY}` } }));
      },
      { timeout_s: 0.2 },
    );
    const heard = await sendTo(scene.socketPath);
    expect(heard.status).toBe(502);
    const { error } = JSON.parse(heard.body);
    expect(error).toMatchObject({ code: 'provider_failed' });
    expect(error.message).toMatch(/This is not the fault of the code that asks/);
    expect(heard.body).not.toContain('MARKERKEY');
    expect(scene.models.trouble?.class).toBe(failureClass);
    expect(scene.models.use().requests).toBe(0);
  });

  it('when nothing listens at its address, that is said', async () => {
    const scene = await openModelScene(chatAnswer(), { timeout_s: 0.2 });
    await scene.provider.close();
    const heard = await sendTo(scene.socketPath);
    expect(heard.status).toBe(502);
    expect(scene.models.trouble?.message).toMatch(/cannot be reached/);
  });

  it('a request that it refuses as wrong is the candidate’s, with the provider’s own words', async () => {
    const scene = await openModelScene((response) => {
      response.statusCode = 400;
      response.end('{"error":{"message":"temperature is too high"}}');
    });
    const heard = await sendTo(scene.socketPath);
    expect([heard.status, heard.body]).toEqual([400, '{"error":{"message":"temperature is too high"}}']);
    expect(scene.models.trouble).toBeUndefined();
    expect(scene.models.use().refused).toEqual(['the provider refused a request: 400: temperature is too high']);
  });

  it('twice over one candidate, and never over others, is the candidate’s doing', async () => {
    const scene = await openModelScene((response, body, asked) => {
      if (!body.includes('poison')) return chatAnswer()(response, body, asked);
      response.statusCode = 500;
      response.end('{}');
    });
    expect(await scene.broker.whoIsToBlame('c1')).toBe('provider');
    expect(await scene.broker.whoIsToBlame('c1')).toBe('code');
    expect(await scene.broker.whoIsToBlame('c2')).toBe('provider');
    scene.broker.forgetTrouble('c1');
    expect(await scene.broker.whoIsToBlame('c1')).toBe('provider');
    await scene.provider.close();
    expect(await scene.broker.whoIsToBlame('c1')).toBe('provider');
  });
});

describe('where the key comes from', () => {
  const rules = (more: object) =>
    modelSchema.parse({ for: 'candidate', allow: ['m'], budget: { tokens: 1 }, url: 'http://127.0.0.1:1/v1', ...more });
  it('is the variable that the manifest names, and no other key is sent to its address', () => {
    const environment = { OPENAI_API_KEY: 'sk-person', MINE: 'sk-mine' };
    expect(providerOf(rules({ key: 'MINE' }), environment)).toMatchObject({ key: 'sk-mine' });
    expect(providerOf(rules({}), environment)).toEqual({ baseUrl: 'http://127.0.0.1:1/v1' });
    expect(providerOf(rules({ url: undefined }), environment)).toMatchObject({ key: 'sk-person' });
  });

  it.each([
    ['not set', {}],
    ['empty', { MINE: '  ' }],
  ])('a variable that is %s is named', (state, environment) => {
    expect(() => providerOf(rules({ key: 'MINE' }), environment)).toThrow(
      new RegExp(`E_MODEL|model.key: MINE.*that variable is ${state}`),
    );
  });

  it('no provider at all is said with what to set', () => {
    expect(() => providerOf(rules({ url: undefined }), {})).toThrow(/no provider of the openai API.*OPENAI_API_KEY/s);
  });
});
