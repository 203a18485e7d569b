/**
 * The gateway: the only connection from a jailed agent to a model. Each call gets a socket and a token of its own. Real
 * keys stay here. Tokens and dollars are counted, and their limits are checked before a request is sent on. Only
 * requests to models pass. Knows nothing about jails and programs. It does NOT check the content: an agent may send a
 * model anything that it can read.
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
  asFields,
  hasTools,
  modelOf,
  NO_TOKENS,
  type Route,
  routeOf,
  serverToolsIn,
  totalTokensOf,
  toolCallsIn,
} from './apis.ts';
import { type CallOptions, GatewayCall } from './call.ts';
import { classifyResponse, type ProviderFailure, redactSecrets } from './classify.ts';
import { type OwnPrices, usdOf } from './prices.ts';
import { exchangeWithUpstream, type Exchange, type Upstream } from './upstream.ts';

export interface GatewayOptions {
  /** The provider of each API. Requests to an API that is absent are refused. */
  readonly upstreams: Readonly<Partial<Record<Api, Upstream>>>;
  readonly prices?: OwnPrices;
  /**
   * A provider that sends nothing for so long counts as hanging. 3 minutes when absent; without streaming, a model may
   * think for ten.
   */
  readonly silenceMs?: number;
}

/** A call with the address on which the agent reaches the gateway. */
export interface OpenCall {
  readonly call: GatewayCall;
  /** Folder on this machine that contains only the socket `gateway`. */
  readonly socketDir: string;
  /** Port of the same gateway on 127.0.0.1, for a program outside of a jail. */
  port(): Promise<number>;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 64 * 1024 * 1024;
const SILENCE_MS = 180_000;
export const SOCKET_NAME = 'gateway';

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #calls = new Map<string, GatewayCall>();
  #tcpServer: Promise<Server> | undefined;

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /** True when models of this API can be asked. */
  speaksApi(api: Api): boolean {
    return this.#options.upstreams[api] !== undefined;
  }

  async openCall(options: CallOptions): Promise<OpenCall> {
    const gatewayCall = new GatewayCall(options);
    this.#calls.set(gatewayCall.token, gatewayCall);
    const socketDir = options.socketDir ?? mkdtempSync(join(tmpdir(), 'overnight-gw-'));
    const server = this.#createServer(() => gatewayCall);
    await listenOn(server, join(socketDir, SOCKET_NAME));
    return {
      call: gatewayCall,
      socketDir,
      port: async () => portOf(await (this.#tcpServer ??= this.#listenOnTcp())),
      close: async () => {
        this.#calls.delete(gatewayCall.token);
        await closeServer(server);
        if (options.socketDir === undefined) rmSync(socketDir, { recursive: true, force: true });
      },
    };
  }

  async close(): Promise<void> {
    if (this.#tcpServer) await closeServer(await this.#tcpServer);
    this.#tcpServer = undefined;
  }

  async #listenOnTcp(): Promise<Server> {
    const tcpServer = this.#createServer((callToken) => this.#calls.get(callToken ?? ''));
    await listenOn(tcpServer, 0);
    return tcpServer;
  }

  #createServer(callOfToken: (callToken: string | undefined) => GatewayCall | undefined): Server {
    const authorisedCall = (callToken: string | undefined): GatewayCall | undefined => {
      const gatewayCall = callOfToken(callToken);
      if (gatewayCall?.token === callToken) return gatewayCall;
      gatewayCall?.recordRefusal('a request to the gateway without the token of its call');
      return undefined;
    };
    const server = createServer({ requestTimeout: 0, headersTimeout: 60_000 }, (request, response) => {
      void this.#handleRequest(authorisedCall(callTokenOf(request)), request, response).catch(() => response.destroy());
    });
    server.on('connect', (request, socket: Duplex) =>
      openTunnel(authorisedCall(proxyTokenOf(request)), request, socket),
    );
    return server;
  }

  async #handleRequest(
    gatewayCall: GatewayCall | undefined,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const requestPath = new URL(request.url ?? '/', 'http://gateway').pathname;
    const requestBody = await readBody(request);
    if (!gatewayCall)
      return sendError(response, 401, 'authentication_error', 'This is not the token of a running call.');
    if (requestBody === undefined)
      return sendError(response, 413, 'request_too_large', `More than ${MAX_BODY_BYTES} bytes.`);
    const route = routeOf(request.method ?? 'GET', requestPath, request.headers);
    if (!route) {
      gatewayCall.recordRefusal(`${request.method} ${requestPath} at the gateway`);
      return sendError(response, 404, 'not_found_error', 'The gateway accepts only requests to models.');
    }
    const upstream = this.#options.upstreams[route.api];
    if (!upstream) {
      const reason = `No key and no server is configured for the ${route.api} API.`;
      gatewayCall.recordFailure({ class: 'login', message: reason }, true, Date.now());
      return sendError(response, 401, 'authentication_error', reason);
    }
    if (route.kind !== 'ask') {
      await exchangeWithUpstream(route, upstream, request, requestBody, response, 15_000);
      response.end();
      return;
    }
    await this.#askModel({ gatewayCall, route, upstream, request, response, requestBody, requestPath });
  }

  async #askModel(modelRequest: ModelRequest): Promise<void> {
    const { gatewayCall, route, upstream, request, response, requestPath } = modelRequest;
    const parsedBody = parseBody(modelRequest.requestBody);
    const modelName = modelOf(route.api, requestPath, parsedBody);
    const isWork = hasTools(parsedBody);
    const remoteTools = serverToolsIn(route.api, parsedBody);
    if (remoteTools.length > 0) {
      gatewayCall.recordRefusal(`tools on the provider's machines (${remoteTools.join(', ')})`);
      return sendError(
        response,
        403,
        'permission_error',
        `Tools that run on the provider's machines are not allowed: ${remoteTools.join(', ')}.`,
      );
    }
    const estimatedTokens = { ...NO_TOKENS, input: Math.ceil(modelRequest.requestBody.length / 4) };
    const estimatedUsd = usdOf(modelName, estimatedTokens, this.#options.prices);
    const refusalReason = gatewayCall.account.whyRefused(estimatedTokens.input, estimatedUsd, modelName);
    if (refusalReason !== undefined) {
      gatewayCall.recordFailure({ class: 'budget', message: refusalReason }, true, Date.now());
      return sendError(response, 403, 'permission_error', `Overnight: ${refusalReason}`, 'budget_exhausted');
    }
    gatewayCall.recordRequest(modelName, toolCallsIn(route.api, parsedBody), monotonicMs());
    const settleAccount = gatewayCall.account.holdEstimate(estimatedTokens.input, estimatedUsd);
    const upstreamBody =
      route.api === 'chat' && parsedBody.stream === true ? withStreamUsage(parsedBody) : modelRequest.requestBody;
    const answer = await exchangeWithUpstream(
      route,
      upstream,
      request,
      upstreamBody,
      response,
      this.#options.silenceMs ?? SILENCE_MS,
    );
    gatewayCall.recordEnd(monotonicMs());
    settleAccount(
      answer.tokens,
      totalTokensOf(answer.tokens) === 0 ? 0 : usdOf(modelName, answer.tokens, this.#options.prices),
    );
    const failure = failureOf(answer);
    if (failure) gatewayCall.recordFailure(failure, isWork, Date.now());
    else if (answer.ending === 'complete') gatewayCall.recordSuccess(isWork);
    if (answer.ending === 'complete' || answer.ending === 'cut') return;
    if (response.headersSent) response.destroy();
    else sendError(response, answer.ending === 'silent' ? 504 : 502, 'api_error', failure?.message ?? 'no answer');
  }
}

interface ModelRequest {
  readonly gatewayCall: GatewayCall;
  readonly route: Route;
  readonly upstream: Upstream;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestBody: Buffer;
  readonly requestPath: string;
}

function failureOf(answer: Exchange): ProviderFailure | undefined {
  if (answer.ending === 'cut') return undefined;
  if (answer.ending === 'silent') return { class: 'hung', message: `the model server hangs: ${answer.reason}` };
  if (answer.ending === 'broken')
    return { class: 'server', message: redactSecrets(`the model server cannot be reached: ${answer.reason}`) };
  if (answer.failedLate)
    return classifyResponse(statusOfLateError(answer.body), answer.headers, answer.body, Date.now());
  return answer.status >= 400 ? classifyResponse(answer.status, answer.headers, answer.body, Date.now()) : undefined;
}

/** The status that an error within a stream would have had before the stream began. */
function statusOfLateError(errorBody: string): number {
  if (/rate.?limit|quota|usage.?limit|RESOURCE_EXHAUSTED/i.test(errorBody)) return 429;
  return /authentication|permission/i.test(errorBody) ? 401 : 500;
}

/** Chat Completions reports the usage of a stream only when the request asks for it. */
function withStreamUsage(requestBody: Fields): Buffer {
  return Buffer.from(
    JSON.stringify({
      ...requestBody,
      stream_options: { ...asFields(requestBody.stream_options), include_usage: true },
    }),
  );
}

function parseBody(requestBody: Buffer): Fields {
  try {
    return asFields(JSON.parse(requestBody.toString('utf8')));
  } catch {
    return {}; // the provider answers with its own error
  }
}

/** The token, wherever the API's clients put their key. */
function callTokenOf(request: IncomingMessage): string | undefined {
  const { authorization } = request.headers;
  const keyHeader = request.headers['x-api-key'] ?? request.headers['x-goog-api-key'];
  const headerKey = typeof keyHeader === 'string' ? keyHeader : undefined;
  return (
    headerKey ??
    authorization?.replace(/^Bearer\s+/i, '') ??
    new URL(request.url ?? '/', 'http://gateway').searchParams.get('key') ??
    undefined
  );
}

function proxyTokenOf(request: IncomingMessage): string | undefined {
  const credentials = /^Basic\s+(\S+)/i.exec(request.headers['proxy-authorization'] ?? '')?.[1];
  return credentials === undefined
    ? undefined
    : Buffer.from(credentials, 'base64')
        .toString('utf8')
        .replace(/^[^:]*:/, '');
}

/** A tunnel to one of the hosts of a login, and to no other. Its traffic is encrypted, so it is not counted. */
function openTunnel(gatewayCall: GatewayCall | undefined, request: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => {});
  const target = request.url ?? '';
  if (!gatewayCall?.tunnelHosts.includes(target)) {
    gatewayCall?.recordRefusal(`a connection to ${target}`);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    return;
  }
  const colonIndex = target.lastIndexOf(':');
  const outgoing: Socket = connect(Number(target.slice(colonIndex + 1)), target.slice(0, colonIndex), () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    outgoing.pipe(socket).pipe(outgoing);
  });
  outgoing.on('error', () => socket.destroy());
  outgoing.on('close', () => socket.destroy());
  socket.on('close', () => outgoing.destroy());
}

function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let byteCount = 0;
    request.on('data', (chunk: Buffer) => {
      byteCount += chunk.length;
      if (byteCount <= MAX_BODY_BYTES) chunks.push(chunk);
    });
    request.on('end', () => resolve(byteCount > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks)));
    request.on('error', () => resolve(Buffer.alloc(0)));
  });
}

/** An error in a shape that the clients of all four APIs understand. */
function sendError(
  response: ServerResponse,
  status: number,
  errorType: string,
  message: string,
  errorCode = errorType,
): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({ type: 'error', error: { type: errorType, message, code: errorCode, status: errorType } }),
  );
}

function listenOn(server: Server, address: string | number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    if (typeof address === 'string') server.listen(address, () => resolve());
    else server.listen(address, '127.0.0.1', () => resolve());
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
