/**
 * Attacks of a candidate on the socket that leads to its model: other hosts, other paths, other models, smuggled
 * requests, floods. Each is contained, nothing of it reaches the provider, and the next honest request is answered.
 */
import { connect } from 'node:net';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KEY, sendRaw } from './gateway-scene.ts';
import {
  ask,
  chatAnswer,
  CHAT,
  closeAfterEach,
  type ModelScene,
  openModelScene,
  sendTo,
  socketOf,
} from './model-scene.ts';

closeAfterEach();
const expectGoesOn = async ({ socketPath, provider }: ModelScene): Promise<void> => {
  const before = provider.bodies.length;
  const heard = await sendTo(socketPath, { body: ask(`honest ${before}`) });
  expect(heard.status, heard.body).toBe(200);
  expect(provider.bodies).toHaveLength(before + 1);
};
const bodyText = JSON.stringify(ask());
const post = (address: string, headers = '', body = bodyText): string =>
  `POST ${address} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`;

describe('an address that leads elsewhere', () => {
  it.each([
    ['another host in the request line', post('http://127.0.0.1:9/v1/chat/completions')],
    ['another host with https', post('https://evil.example/v1/chat/completions')],
    ['a host without a scheme', post('//evil.example/v1/chat/completions')],
    ['a tunnel', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n'],
    ['another protocol', 'GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
    ['another path', post('/v1/files')],
    ['another path of the API', post('/v1/embeddings')],
    ['a path above', post('/v1/chat/completions/../../admin')],
    ['a path in percent signs', post('/v1/chat%2fcompletions')],
    ['the path of another API', post('/v1/messages')],
    ['a count of tokens, which nobody meters', post('/v1/messages/count_tokens')],
    ['another method', 'DELETE /v1/chat/completions HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['no HTTP', '\x00\xff\x16\x03\x01\r\n\r\n'],
  ])('(%s) is refused, and nothing reaches the provider', async (_, bytes) => {
    const scene = await openModelScene();
    expect(await sendRaw(scene.socketPath, bytes)).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(scene.provider.bodies).toEqual([]);
    await expectGoesOn(scene);
  });

  it('a Host header, a proxy header and a query decide nothing', async () => {
    const scene = await openModelScene();
    const heard = await sendTo(scene.socketPath, {
      path: `${CHAT}?api-version=9&key=x`,
      headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-http-method-override': 'DELETE' },
    });
    expect(heard.status).toBe(200);
    expect(scene.provider.bodies).toHaveLength(1);
  });
});

describe('smuggled requests', () => {
  const inner = 'POST /v1/files HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}';
  it.each([
    ['two lengths', post(CHAT, 'Content-Length: 5\r\n')],
    ['a length and chunks', post(CHAT, 'Transfer-Encoding: chunked\r\n', `0\r\n\r\n${inner}`)],
    ['chunks under another name', post(CHAT, 'Transfer-Encoding: xchunked\r\n')],
    ['a space before the colon', post(CHAT, 'Transfer-Encoding : chunked\r\n', `0\r\n\r\n${inner}`)],
    ['a header in the next line', post(CHAT, 'X-A: b\r\n Transfer-Encoding: chunked\r\n', `0\r\n\r\n${inner}`)],
    ['a line feed alone', post(CHAT, 'X-A: b\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${inner}`)],
  ])('(%s) reach nobody but this socket, which refuses them', async (_, bytes) => {
    const scene = await openModelScene();
    await sendRaw(scene.socketPath, bytes);
    expect(scene.provider.bodies.filter((body) => !body.includes('"hi"'))).toEqual([]);
    await expectGoesOn(scene);
  });

  it('headers of the candidate do not reach the provider, and the key does not reach the candidate', async () => {
    let headers: Record<string, unknown> = {};
    const scene = await openModelScene((response, body, asked) => {
      headers = asked.headers;
      response.setHeader('x-debug', `used ${KEY}`);
      chatAnswer(() => `your key is ${KEY}`)(response, body, asked);
    });
    const sentHeaders = {
      authorization: 'Bearer mine',
      'openai-organization': 'other',
      'x-api-key': 'mine',
      cookie: 'a=b',
    };
    const heard = await sendTo(scene.socketPath, { headers: sentHeaders });
    expect(headers.authorization).toBe(`Bearer ${KEY}`);
    expect(Object.keys(headers)).not.toContain('openai-organization');
    expect(Object.keys(headers)).not.toContain('x-api-key');
    expect(Object.keys(headers)).not.toContain('cookie');
    expect(heard.status).toBe(200);
    expect(heard.body + JSON.stringify(heard.headers)).not.toContain('MARKERKEY');
  });
});

describe('a model that is not allowed', () => {
  it.each<readonly [string, unknown]>([
    ['another one', 'target-large'],
    ['another spelling', 'TARGET-SMALL'],
    ['a space behind', 'target-small '],
    ['a space before', ' target-small'],
    ['a line end', 'target-small\n'],
    ['a NUL', 'target-small\0'],
    ['a provider before it', 'openai/target-small'],
    ['a list', ['target-small']],
    ['a list of two', ['target-small', 'target-large']],
    ['an object', { id: 'target-small' }],
    ['a number', 7],
    ['nothing', undefined],
    ['null', null],
    ['an empty name', ''],
    ['a pattern', '*'],
    ['letters that look alike', 'tаrget-small'],
    ['a pattern that goes on over a space', 'other-a target-large'],
    ['a path behind a pattern', 'other-\\..\\x'],
  ])('(%s) is refused with the names that are', async (_, model) => {
    const scene = await openModelScene();
    const heard = await sendTo(scene.socketPath, { body: { ...ask(), model } });
    expect(heard.status).toBe(403);
    expect(heard.body).toContain('target-small, other-*');
    expect(JSON.parse(heard.body).error.code).toBe('model_not_allowed');
    expect(scene.models.notAllowed).toMatch(/is not allowed; allowed: target-small, other-\*$/);
    expect(scene.provider.bodies).toEqual([]);
    await expectGoesOn(scene);
  });

  it('of two names in one body the one that is checked is the one that is sent', async () => {
    const scene = await openModelScene();
    const twice = (first: string, second: string): Buffer =>
      Buffer.from(bodyText.replace('"model":"target-small"', `"model":"${first}","model":"${second}"`));
    expect((await sendTo(scene.socketPath, { bytes: twice('target-small', 'target-large') })).status).toBe(403);
    expect((await sendTo(scene.socketPath, { bytes: twice('target-large', 'target-small') })).status).toBe(200);
    expect(scene.provider.bodies.map((body) => JSON.parse(body).model)).toEqual(['target-small']);
    expect(scene.provider.bodies[0]).not.toContain('target-large');
  });

  it('a name that a pattern allows is asked for as it stands', async () => {
    const scene = await openModelScene();
    expect((await sendTo(scene.socketPath, { body: ask('hi', 'other-9b') })).status).toBe(200);
    expect(JSON.parse(scene.provider.bodies[0]!).model).toBe('other-9b');
  });

  it('the list of models is the list of allowed ones, and asks nobody', async () => {
    const scene = await openModelScene();
    const heard = await sendTo(scene.socketPath, { path: '/v1/models', method: 'GET' });
    expect(JSON.parse(heard.body).data.map(({ id }: { id: string }) => id)).toEqual(['target-small', 'other-*']);
    expect(scene.provider.bodies).toEqual([]);
  });
});

describe('a flood', () => {
  it('of bytes in one body is refused', async () => {
    const scene = await openModelScene();
    const huge = Buffer.from(JSON.stringify(ask('x'.repeat(9 << 20))));
    expect((await sendTo(scene.socketPath, { bytes: huge })).status).toBe(413);
    expect((await sendTo(scene.socketPath, { headers: { 'content-length': String(2 ** 40) } })).status).toBe(413);
    expect(scene.provider.bodies).toEqual([]);
    await expectGoesOn(scene);
  });

  it('of connections is cut, and the socket goes on', async () => {
    const scene = await openModelScene();
    const sockets = Array.from({ length: 2000 }, () => {
      const socket = connect(scene.socketPath);
      socket.on('error', () => {});
      return socket;
    });
    const closed = await Promise.race([
      Promise.all(sockets.slice(0, 500).map((socket) => new Promise((resolve) => socket.once('close', resolve)))),
      new Promise<'open'>((resolve) => setTimeout(() => resolve('open'), 500)),
    ]);
    expect(closed).toBe('open'); // some are held, and all the others are closed
    for (const socket of sockets) socket.destroy();
    let heard = await sendTo(scene.socketPath);
    for (let attempt = 0; heard.status !== 200 && attempt < 50; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      heard = await sendTo(scene.socketPath);
    }
    expect(heard.status).toBe(200);
  });

  it('of requests waits its turn, a few at once, and what waits too long is told so', async () => {
    let underWay = 0;
    let most = 0;
    const scene = await openModelScene((response, body, asked) => {
      most = Math.max(most, ++underWay);
      setTimeout(() => {
        underWay--;
        chatAnswer()(response, body, asked);
      }, 20);
    });
    const heard = await Promise.all(
      Array.from({ length: 100 }, (_, i) => sendTo(scene.socketPath, { body: ask(`q${i}`) })),
    );
    expect(most).toBeLessThanOrEqual(8);
    expect(new Set(heard.map(({ status }) => status))).toEqual(new Set([200, 429]));
    expect(heard.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(8);
  });

  it('of an answer that never ends is cut when its time is up, and its tokens are counted', async () => {
    const scene = await openModelScene(
      (response) => {
        response.setHeader('content-type', 'text/event-stream');
        const timer = setInterval(() => response.write('data: {"choices":[{"delta":{"content":"and on"}}]}\n\n'), 5);
        response.on('close', () => clearInterval(timer));
      },
      { timeout_s: 0.5 },
    );
    const heard = await sendTo(scene.socketPath, { body: { ...ask(), stream: true } });
    expect(heard.body).toContain('and on');
    expect(scene.models.trouble?.message).toMatch(/had not ended after 0\.5 s/);
    expect(scene.models.use().outputTokens).toBeGreaterThan(5);
    expect(readdirSync(scene.folder)).toEqual([]);
  });

  it('of answers that nobody reads holds no request for ever', async () => {
    const long = 'x'.repeat(3 << 20);
    const scene = await openModelScene(
      chatAnswer(() => long),
      { timeout_s: 1 },
    );
    const unread = Array.from({ length: 8 }, (_, i) =>
      sendTo(scene.socketPath, { body: ask(`unread ${i}`), onResponse: (response) => response.pause() }),
    );
    await Promise.race([Promise.all(unread), new Promise((resolve) => setTimeout(resolve, 300))]);
    let heard = await sendTo(scene.socketPath, { body: ask('read') });
    for (let attempt = 0; heard.status !== 200 && attempt < 20; attempt++)
      heard = await sendTo(scene.socketPath, { body: ask(`read again ${attempt}`) });
    expect(heard.status).toBe(200);
    expect(scene.models.trouble).toBeUndefined(); // the provider is not to blame for a client that does not read
  });

  it('leaves nothing behind: closing ends every connection and removes the socket', async () => {
    const scene = await openModelScene(() => {});
    const hanging = sendTo(scene.socketPath);
    await expect.poll(() => scene.provider.bodies.length).toBe(1);
    await scene.models.close();
    expect((await hanging).status).toBe(0);
    expect(() => readdirSync(scene.models.socketDir)).toThrow(/ENOENT/);
    expect(scene.models.use()).toMatchObject({ requests: 1, estimated: 1 });
  });
});

describe('answers that were recorded', () => {
  it('are not shared between two candidates, whatever one of them did', async () => {
    const scene = await openModelScene(
      chatAnswer((_, count) => `answer ${count}`),
      { cache: 'reuse' },
    );
    const textOf = async (space: string): Promise<string> => {
      const models = await scene.broker.open({ user: 'candidate', space });
      const heard = await sendTo(socketOf(models));
      await models.close();
      return JSON.parse(heard.body).choices[0].message.content as string;
    };
    expect(await textOf('candidate one')).toBe('answer 0');
    expect(await textOf('candidate two')).toBe('answer 1');
    expect(await textOf('candidate one')).toBe('answer 0');
    expect(await textOf('candidate two')).toBe('answer 1');
  });

  it('tell the same body from another one by what reaches the provider, not by headers that do not', async () => {
    const scene = await openModelScene(chatAnswer((_, count) => `answer ${count}`));
    const one = await scene.open({ space: 'a' });
    await sendTo(socketOf(one), { headers: { 'openai-beta': 'poison=1', 'x-stainless-lang': 'x' } });
    const again = await scene.broker.open({ user: 'candidate', space: 'a', draw: 'm1' });
    const heard = await sendTo(socketOf(again));
    await again.close();
    expect(heard.body).toContain('answer 0');
    expect(scene.provider.bodies).toHaveLength(1);
  });
});
