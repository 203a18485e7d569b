/**
 * The gateway: the only way from a jailed agent to a model. Each call gets a socket and a token of its own; real keys
 * stay here; tokens and dollars are counted and bounded before a request goes on. Only what asks a model passes. Knows
 * nothing about jails and programs. It does NOT read what passes for its meaning: an agent may tell a model anything it
 * can see.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { monotonicMs } from '../../os/clock.ts';
import {
  type Api,
  type Fields,
  fields,
  hasTools,
  modelOf,
  NO_TOKENS,
  type Route,
  routeOf,
  serverTools,
  sumOf,
  toolCallsIn,
} from './apis.ts';
import { type CallOptions, GatewayCall } from './call.ts';
import { classifyResponse, type Failure, redacted } from './classify.ts';
import { type OwnPrices, usdOf } from './prices.ts';
import { exchange, type Exchange, type Upstream } from './upstream.ts';

export interface GatewayOptions {
  /** Where each API is spoken. An API that is absent is refused. */
  readonly upstreams: Readonly<Partial<Record<Api, Upstream>>>;
  readonly prices?: OwnPrices;
  /**
   * A provider that says nothing for so long hangs. Ten minutes are not unheard of for long thinking without a stream;
   * 3 when absent.
   */
  readonly silenceMs?: number;
}

/** A call with its way in. */
export interface OpenCall {
  readonly call: GatewayCall;
  /** Folder on this machine that holds nothing but the socket `gateway`. */
  readonly socketDir: string;
  /** Port on 127.0.0.1 of the same gateway, for a program outside a jail. */
  port(): Promise<number>;
  close(): Promise<void>;
}

const MOST_BODY_BYTES = 64 * 1024 * 1024;
const SILENCE_MS = 180_000;
export const SOCKET_NAME = 'gateway';

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #calls = new Map<string, GatewayCall>();
  #tcp: Promise<Server> | undefined;

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /** True when models of this API can be asked. */
  speaks(api: Api): boolean {
    return this.#options.upstreams[api] !== undefined;
  }

  async open(options: CallOptions): Promise<OpenCall> {
    const call = new GatewayCall(options);
    this.#calls.set(call.token, call);
    const socketDir = options.socketDir ?? mkdtempSync(join(tmpdir(), 'overnight-gw-'));
    const server = this.#server(() => call);
    await listen(server, join(socketDir, SOCKET_NAME));
    return {
      call,
      socketDir,
      port: async () => portOf(await (this.#tcp ??= this.#listenTcp())),
      close: async () => {
        this.#calls.delete(call.token);
        await shut(server);
        if (options.socketDir === undefined) rmSync(socketDir, { recursive: true, force: true });
      },
    };
  }

  async close(): Promise<void> {
    if (this.#tcp) await shut(await this.#tcp);
    this.#tcp = undefined;
  }

  async #listenTcp(): Promise<Server> {
    const server = this.#server((token) => this.#calls.get(token ?? ''));
    await listen(server, 0);
    return server;
  }

  #server(callOf: (token: string | undefined) => GatewayCall | undefined): Server {
    const authorised = (token: string | undefined): GatewayCall | undefined => {
      const call = callOf(token);
      if (call?.token === token) return call;
      call?.refuse('a request to the gateway without the token of its call');
      return undefined;
    };
    const server = createServer({ requestTimeout: 0, headersTimeout: 60_000 }, (request, response) => {
      void this.#handle(authorised(tokenOf(request)), request, response).catch(() => response.destroy());
    });
    server.on('connect', (request, socket: Duplex) => tunnel(authorised(proxyTokenOf(request)), request, socket));
    return server;
  }

  async #handle(call: GatewayCall | undefined, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://gateway').pathname;
    const body = await readBody(request);
    if (!call) return say(response, 401, 'authentication_error', 'This is not the token of a call that is running.');
    if (body === undefined) return say(response, 413, 'request_too_large', `More than ${MOST_BODY_BYTES} bytes.`);
    const route = routeOf(request.method ?? 'GET', path, request.headers);
    if (!route) {
      call.refuse(`${request.method} ${path} at the gateway`);
      return say(response, 404, 'not_found_error', 'The gateway lets only requests to models through.');
    }
    const upstream = this.#options.upstreams[route.api];
    if (!upstream) {
      const why = `No key and no server is configured for the ${route.api} API.`;
      call.failed({ class: 'login', message: why }, true, Date.now());
      return say(response, 401, 'authentication_error', why);
    }
    if (route.kind !== 'ask') {
      await exchange(route, upstream, request, body, response, 15_000);
      response.end();
      return;
    }
    await this.#ask({ call, route, upstream, request, response, body, path });
  }

  async #ask(asked: Asked): Promise<void> {
    const { call, route, upstream, request, response, path } = asked;
    const parsed = parse(asked.body);
    const model = modelOf(route.api, path, parsed);
    const isWork = hasTools(parsed);
    const remote = serverTools(route.api, parsed);
    if (remote.length > 0) {
      call.refuse(`tools on the provider's machines (${remote.join(', ')})`);
      return say(
        response,
        403,
        'permission_error',
        `Tools that run on the provider's machines are not let through: ${remote.join(', ')}.`,
      );
    }
    const read = { ...NO_TOKENS, input: Math.ceil(asked.body.length / 4) };
    const price = usdOf(model, read, this.#options.prices);
    const over = call.account.refusal(read.input, price, model);
    if (over !== undefined) {
      call.failed({ class: 'budget', message: over }, true, Date.now());
      return say(response, 403, 'permission_error', `Overnight: ${over}`, 'budget_exhausted');
    }
    call.asked(model, toolCallsIn(route.api, parsed), monotonicMs());
    const settle = call.account.hold(read.input, price);
    const body = route.api === 'chat' && parsed.stream === true ? withUsage(parsed) : asked.body;
    const done = await exchange(route, upstream, request, body, response, this.#options.silenceMs ?? SILENCE_MS);
    call.over(monotonicMs());
    settle(done.tokens, sumOf(done.tokens) === 0 ? 0 : usdOf(model, done.tokens, this.#options.prices));
    const failure = failureOf(done);
    if (failure) call.failed(failure, isWork, Date.now());
    else if (done.how === 'complete') call.succeeded(isWork);
    if (done.how === 'complete' || done.how === 'cut') return;
    if (response.headersSent) response.destroy();
    else say(response, done.how === 'silent' ? 504 : 502, 'api_error', failure?.message ?? 'no answer');
  }
}

interface Asked {
  readonly call: GatewayCall;
  readonly route: Route;
  readonly upstream: Upstream;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
  readonly path: string;
}

function failureOf(done: Exchange): Failure | undefined {
  if (done.how === 'cut') return undefined;
  if (done.how === 'silent') return { class: 'hung', message: `the model server hangs: ${done.reason}` };
  if (done.how === 'broken')
    return { class: 'server', message: redacted(`the model server cannot be reached: ${done.reason}`) };
  if (done.failedLate) return classifyResponse(lateStatus(done.body), done.headers, done.body, Date.now());
  return done.status >= 400 ? classifyResponse(done.status, done.headers, done.body, Date.now()) : undefined;
}

/** The status that an error would have had if it had come before the stream began. */
const lateStatus = (body: string): number =>
  /rate.?limit|quota|usage.?limit|RESOURCE_EXHAUSTED/i.test(body)
    ? 429
    : /authentication|permission/i.test(body)
      ? 401
      : 500;

/** Chat Completions streams say what they used only when asked to. */
function withUsage(body: Fields): Buffer {
  return Buffer.from(
    JSON.stringify({ ...body, stream_options: { ...fields(body.stream_options), include_usage: true } }),
  );
}

function parse(body: Buffer): Fields {
  try {
    return fields(JSON.parse(body.toString('utf8')));
  } catch {
    return {}; // the provider will say what it thinks of it
  }
}

/** The token, wherever the API's clients put their key. */
function tokenOf(request: IncomingMessage): string | undefined {
  const { authorization } = request.headers;
  const named = request.headers['x-api-key'] ?? request.headers['x-goog-api-key'];
  const key = typeof named === 'string' ? named : undefined;
  return (
    key ??
    authorization?.replace(/^Bearer\s+/i, '') ??
    new URL(request.url ?? '/', 'http://gateway').searchParams.get('key') ??
    undefined
  );
}

function proxyTokenOf(request: IncomingMessage): string | undefined {
  const basic = /^Basic\s+(\S+)/i.exec(request.headers['proxy-authorization'] ?? '')?.[1];
  return basic === undefined
    ? undefined
    : Buffer.from(basic, 'base64')
        .toString('utf8')
        .replace(/^[^:]*:/, '');
}

/** A tunnel to one of the hosts of a login, and to nowhere else. What passes is encrypted: it is not counted. */
function tunnel(call: GatewayCall | undefined, request: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => {});
  const target = request.url ?? '';
  if (!call?.hosts.includes(target)) {
    call?.refuse(`a connection to ${target}`);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    return;
  }
  const colon = target.lastIndexOf(':');
  const out: Socket = connect(Number(target.slice(colon + 1)), target.slice(0, colon), () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    out.pipe(socket).pipe(out);
  });
  out.on('error', () => socket.destroy());
  out.on('close', () => socket.destroy());
  socket.on('close', () => out.destroy());
}

function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MOST_BODY_BYTES) chunks.push(chunk);
    });
    request.on('end', () => resolve(bytes > MOST_BODY_BYTES ? undefined : Buffer.concat(chunks)));
    request.on('error', () => resolve(Buffer.alloc(0)));
  });
}

/** An error in a shape that the clients of all four APIs understand. */
function say(response: ServerResponse, status: number, type: string, message: string, code = type): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ type: 'error', error: { type, message, code, status: type } }));
}

function listen(server: Server, where: string | number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    if (typeof where === 'string') server.listen(where, () => resolve());
    else server.listen(where, '127.0.0.1', () => resolve());
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

function shut(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
