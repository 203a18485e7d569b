/**
 * A gateway before a provider of the test's own, which records every body that reaches it. Requests are written byte by
 * byte where that matters.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { Gateway, type GatewayOptions, type OpenCall, SOCKET_NAME } from '../../src/agents/gateway/gateway.ts';
import type { CallOptions } from '../../src/agents/gateway/call.ts';

export const KEY = 'sk-MARKERKEY-0123456789abcdef';

export interface Provider {
  readonly url: string;
  /** Whole bodies, in the order of their arrival. */
  readonly bodies: string[];
  close(): Promise<void>;
}

export type Answerer = (response: ServerResponse, body: string, asked: IncomingMessage) => void;

/** The usage that a provider reports unless the test says otherwise. */
export const answerWith =
  (inputTokens: number, outputTokens: number, delayMs = 0): Answerer =>
  (response) =>
    void setTimeout(() => {
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          content: [{ type: 'text', text: 'ok' }],
          usage: { input_tokens: inputTokens, output_tokens: outputTokens },
        }),
      );
    }, delayMs);

export async function startProvider(answer: Answerer): Promise<Provider> {
  const bodies: string[] = [];
  const server = createServer((asked, response) => {
    const chunks: Buffer[] = [];
    asked.on('data', (chunk: Buffer) => chunks.push(chunk));
    asked.on('error', () => {});
    asked.on('end', () => {
      const body = Buffer.concat(chunks).toString('latin1');
      bodies.push(body);
      answer(response, body, asked);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    bodies,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface GatewayScene {
  readonly provider: Provider;
  readonly gateway: Gateway;
  readonly open: OpenCall;
  readonly socketPath: string;
  close(): Promise<void>;
}

export async function openScene(
  answer: Answerer = answerWith(100, 10),
  call: Partial<CallOptions> = {},
  options: Partial<GatewayOptions> = {},
): Promise<GatewayScene> {
  const provider = await startProvider(answer);
  const at = (path: string) => ({ baseUrl: provider.url + path, key: KEY });
  const gateway = new Gateway({
    upstreams: { anthropic: at(''), chat: at('/v1'), responses: at('/v1'), gemini: at('') },
    ...options,
  });
  const open = await gateway.openCall({ allowance: {}, ...call });
  return {
    provider,
    gateway,
    open,
    socketPath: join(open.socketDir, SOCKET_NAME),
    close: async () => {
      await open.close();
      await gateway.close();
      await provider.close();
    },
  };
}

export interface Heard {
  /** 0 when the connection ended without an answer. */
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface Sent {
  readonly path?: string;
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly bytes?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: string;
  /** Hang up after so many milliseconds. */
  readonly hangUpMs?: number;
}

/** A request of an agent. Never rejects. */
export function send({ open, socketPath }: Pick<GatewayScene, 'open' | 'socketPath'>, sent: Sent): Promise<Heard> {
  const { path = '/v1/messages', body, bytes, headers = {}, token = open.call.token, hangUpMs } = sent;
  return new Promise((resolve) => {
    const asking = request(
      { socketPath, path, method: 'POST', headers: { authorization: `Bearer ${token}`, ...headers } },
      (response) => {
        let text = '';
        const heard = (): void => resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers });
        response.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
        response.on('close', heard);
        response.on('error', heard);
      },
    );
    asking.on('error', () => resolve({ status: 0, body: '', headers: {} }));
    if (hangUpMs !== undefined) setTimeout(() => asking.destroy(), hangUpMs);
    asking.end(bytes ?? JSON.stringify(body));
  });
}

/** Bytes on a connection of their own, to a socket or a port; all that comes back within `waitMs`. Never rejects. */
export function sendRaw(address: string | number, bytes: string | Buffer, waitMs = 300): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = typeof address === 'number' ? connect(address, '127.0.0.1') : connect(address);
    const timeout = setTimeout(() => socket.destroy(), waitMs);
    socket.on('data', (chunk) => (heard += chunk.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timeout);
      resolve(heard);
    });
    socket.write(bytes);
  });
}

/** A plain request of each API. */
export const PATHS = {
  anthropic: '/v1/messages',
  chat: '/v1/chat/completions',
  responses: '/v1/responses',
  gemini: '/v1beta/models/gemini-2.5-pro:generateContent',
} as const;

export type ApiName = keyof typeof PATHS;

export const PLAIN: Readonly<Record<ApiName, object>> = {
  anthropic: {
    model: 'claude-sonnet-4-5',
    max_tokens: 100,
    messages: [{ role: 'user', content: 'hi' }],
    tools: [{ name: 'edit', input_schema: { type: 'object', properties: { url: { type: 'string' } } } }],
  },
  chat: {
    model: 'gpt-5',
    messages: [{ role: 'user', content: 'hi' }],
    tools: [{ type: 'function', function: { name: 'edit', parameters: {} } }],
  },
  responses: {
    model: 'gpt-5',
    input: [{ role: 'user', content: [{ type: 'input_text', text: 'hi' }] }],
    tools: [{ type: 'function', name: 'edit', parameters: {} }],
  },
  gemini: {
    contents: [{ role: 'user', parts: [{ text: 'hi' }] }],
    tools: [{ functionDeclarations: [{ name: 'edit' }] }],
  },
};

/** Opens scenes that are closed after each test of the file that calls it. */
export function scenesOfEachTest(): typeof openScene {
  const scenes: GatewayScene[] = [];
  afterEach(async () => {
    for (const scene of scenes.splice(0)) await scene.close();
  });
  return async (...args) => {
    const scene = await openScene(...args);
    scenes.push(scene);
    return scene;
  };
}

/** After an attack: an honest request to each API is answered. */
export async function expectGoesOn(scene: GatewayScene): Promise<void> {
  for (const api of Object.keys(PATHS) as ApiName[]) {
    const heard = await send(scene, { path: PATHS[api], body: PLAIN[api] });
    expect(heard.status, `${api}: ${heard.body}`).toBe(200);
  }
}
