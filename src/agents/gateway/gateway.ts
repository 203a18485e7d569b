/**
 * The gateway: the only connection from a jailed agent to a model. Each call gets a socket and a token of its own. Real
 * keys stay here. Tokens and dollars are counted, and their limits are checked before a request is sent on. Only
 * requests to models pass, read and written again: known fields, tools that the agent runs itself, no address to fetch.
 * Knows nothing about jails and programs. It does NOT check texts: an agent may tell a model anything that it can read.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { type Api, type Route, routeOf } from './apis.ts';
import { askForInformation, askModel, encodeBody, type ModelRequest, readAllowedBody } from './ask-model.ts';
import { ByteBudget, MAX_HELD_BYTES, readBody, whyUnreadable } from './body.ts';
import { type CallOptions, GatewayCall } from './call.ts';
import type { OwnPrices } from './prices.ts';
import { refuseUnread } from './reply.ts';
import { closeServer, listenOn } from './listening.ts';
import { openTunnel, proxyTokenOf } from './tunnel.ts';
import type { Upstream } from './upstream.ts';

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

type FindCall = (callToken: string | undefined) => GatewayCall | undefined;

const SILENCE_MS = 180_000;
/** Connections of one listener; more are closed at once, so that the harness keeps file descriptors. */
const MAX_CONNECTIONS = 512;
export const SOCKET_NAME = 'gateway';

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #calls = new Map<string, GatewayCall>();
  readonly #heldBytes = new ByteBudget(MAX_HELD_BYTES);
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

  /** Whatever arrives here was sent by an agent: nothing of it may throw outside of a guard. */
  #createServer(callOfToken: FindCall): Server {
    const authorisedCall: FindCall = (callToken) => {
      const gatewayCall = callOfToken(callToken);
      if (gatewayCall?.token === callToken) return gatewayCall;
      gatewayCall?.recordRefusal('a request to the gateway without the token of its call');
      return undefined;
    };
    const serveRequest = (request: IncomingMessage, response: ServerResponse): void => {
      for (const stream of [request, response]) stream.on('error', () => {});
      void this.#handleRequest(authorisedCall, request, response).catch(() => response.destroy());
    };
    const server = createServer({ requestTimeout: 0, headersTimeout: 60_000 }, serveRequest);
    server.on('checkContinue', serveRequest); // a client that asks first is told to go on when its turn has come
    server.maxConnections = MAX_CONNECTIONS;
    server.on('connect', (request, socket: Duplex) => {
      try {
        openTunnel(authorisedCall(proxyTokenOf(request)), request, socket);
      } catch {
        socket.destroy();
      }
    });
    return server;
  }

  async #handleRequest(authorisedCall: FindCall, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refuse = (status: number, type: string, message: string): void =>
      refuseUnread(request, response, { status, type, message });
    const target = targetOf(request);
    if (!target) return refuse(400, 'invalid_request_error', 'The address of the request cannot be understood.');
    const gatewayCall = authorisedCall(callTokenOf(request, target));
    if (!gatewayCall) return refuse(401, 'authentication_error', 'This is not the token of a running call.');
    const route = routeOf(request.method ?? 'GET', target.pathname, request.headers);
    if (!route) {
      gatewayCall.recordRefusal(`${request.method} ${target.pathname} at the gateway`);
      return refuse(404, 'not_found_error', 'The gateway accepts only requests to models.');
    }
    const upstream = this.#options.upstreams[route.api];
    if (!upstream) {
      const reason = `No key and no server is configured for the ${route.api} API.`;
      gatewayCall.recordFailure({ class: 'login', message: reason }, true, Date.now());
      return refuse(401, 'authentication_error', reason);
    }
    const unreadable = whyUnreadable(request);
    if (unreadable) {
      gatewayCall.recordRefusal(`a request that the gateway cannot read: ${unreadable.message}`);
      return refuseUnread(request, response, unreadable);
    }
    await this.#serveInTurn(gatewayCall, route, upstream, target.pathname, request, response);
  }

  /** Few requests of a call are under way at once. Those that wait for their turn are not read yet. */
  async #serveInTurn(
    gatewayCall: GatewayCall,
    route: Route,
    upstream: Upstream,
    requestPath: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const closed = new AbortController();
    response.once('close', () => closed.abort());
    const gone = closed.signal;
    const freeSlot = await gatewayCall.slots.take(gone);
    if (!freeSlot) {
      if (gone.aborted) return;
      gatewayCall.recordRefusal('more requests at once than the gateway keeps waiting');
      const message = 'Too many requests of this call are waiting.';
      return refuseUnread(request, response, { status: 429, type: 'rate_limit_error', message });
    }
    const { silenceMs = SILENCE_MS, prices } = this.#options;
    try {
      await this.#serve({ gatewayCall, route, upstream, requestPath, request, response, gone, silenceMs, prices });
    } finally {
      freeSlot();
    }
  }

  async #serve(modelRequest: ModelRequest): Promise<void> {
    const { route, request, response } = modelRequest;
    if (route.kind === 'models') {
      request.resume();
      return askForInformation(modelRequest, undefined);
    }
    if (request.headers.expect !== undefined) response.writeContinue();
    const readResult = await readBody(request, this.#heldBytes);
    if (readResult.kind === 'gone') return;
    if (readResult.kind === 'refused') {
      const type = readResult.status === 413 ? 'request_too_large' : 'overloaded_error';
      return refuseUnread(request, response, { status: readResult.status, type, message: readResult.reason });
    }
    try {
      const allowedBody = readAllowedBody(modelRequest, readResult.text);
      if (!allowedBody) return;
      if (route.kind === 'count') await askForInformation(modelRequest, encodeBody(route.api, allowedBody));
      else await askModel(modelRequest, allowedBody, readResult.release);
    } finally {
      readResult.release();
    }
  }
}

/** What a request is addressed to; `undefined` when it is no address at all, such as `//`. */
function targetOf(request: IncomingMessage): URL | undefined {
  try {
    return new URL(request.url ?? '/', 'http://gateway');
  } catch {
    return undefined;
  }
}

/** The token, wherever the API's clients put their key. */
function callTokenOf(request: IncomingMessage, target: URL): string | undefined {
  const { authorization } = request.headers;
  const keyHeader = request.headers['x-api-key'] ?? request.headers['x-goog-api-key'];
  const headerKey = typeof keyHeader === 'string' ? keyHeader : undefined;
  return headerKey ?? authorization?.replace(/^Bearer\s+/i, '') ?? target.searchParams.get('key') ?? undefined;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}
