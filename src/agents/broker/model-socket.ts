/**
 * The server behind the socket of one process of a measurement. Whatever arrives here was sent by code that nobody
 * trusts: only requests to allowed models pass, read and written again, to the one provider that the manifest names.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { oneLine } from '../../base/text.ts';
import { isAllowedModel, type ModelRules } from '../../core/model-rules.ts';
import { type Api, modelOf, type Route, routeOf } from '../gateway/apis.ts';
import { type ByteBudget, parseJsonObject, readBody, whyUnreadable } from '../gateway/body.ts';
import { closeServer, listenOn } from '../gateway/listening.ts';
import { refuseUnread, sendError } from '../gateway/reply.ts';
import { checkContent } from '../gateway/request-content.ts';
import { Slots } from '../gateway/slots.ts';
import type { Upstream } from '../gateway/upstream.ts';
import { type AnsweringDeps, answerRequest } from './answering.ts';

export interface SocketDeps extends AnsweringDeps {
  readonly rules: ModelRules;
  readonly upstream: Upstream;
  readonly heldBytes: ByteBudget;
}

export const APIS_OF: Readonly<Record<ModelRules['api'], readonly Api[]>> = {
  openai: ['chat', 'responses'],
  anthropic: ['anthropic'],
  gemini: ['gemini'],
};

/** Connections at once; more are closed, so that the harness keeps file descriptors. */
const MAX_CONNECTIONS = 128;
/** Requests under way at once, and those that wait for their turn. */
const [MAX_UNDER_WAY, MAX_WAITING] = [8, 64];
const IDLE_MS = 30_000;

export class ModelSocket {
  readonly #deps: SocketDeps;
  readonly #server: Server;
  readonly #slots = new Slots(MAX_UNDER_WAY, MAX_WAITING);
  readonly #serving = new Set<Promise<void>>();

  constructor(deps: SocketDeps) {
    this.#deps = deps;
    const serve = (request: IncomingMessage, response: ServerResponse): void => {
      for (const stream of [request, response]) stream.on('error', () => {});
      const serving: Promise<void> = this.#serve(request, response)
        .catch(() => void response.destroy())
        .finally(() => this.#serving.delete(serving));
      this.#serving.add(serving);
    };
    this.#server = createServer(
      { requestTimeout: 0, headersTimeout: IDLE_MS, keepAliveTimeout: IDLE_MS, maxHeaderSize: 16_384 },
      serve,
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('checkContinue', serve);
    // Tunnels and other protocols lead past what is checked here.
    for (const event of ['connect', 'upgrade'])
      this.#server.on(event, (request: IncomingMessage, socket: NodeJS.WritableStream) => {
        socket.on('error', () => {});
        deps.tally.recordRefusal(`${request.method} ${oneLine(request.url ?? '', 80)} at the socket`);
        socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
      });
  }

  openAt(socketPath: string): Promise<void> {
    return listenOn(this.#server, socketPath);
  }

  /** Resolves when no request is under way any more: what they cost is settled then. */
  async close(): Promise<void> {
    await closeServer(this.#server);
    await Promise.allSettled(this.#serving);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { tally } = this.#deps;
    const refuse = (status: number, type: string, message: string, record?: string): void => {
      if (record !== undefined) tally.recordRefusal(record);
      refuseUnread(request, response, { status, type, message });
    };
    const address = request.url ?? '';
    const shownAddress = `${request.method} ${oneLine(address, 80)}`;
    if (!address.startsWith('/') || address.startsWith('//'))
      return refuse(
        400,
        'invalid_request_error',
        'Overnight: the address must be a path. This socket leads to one provider and to no other host.',
        `${shownAddress}: an address with a host`,
      );
    const path = address.split(/[?#]/)[0]!;
    const route = routeOf(request.method ?? 'GET', path, {});
    if (route?.kind === 'models' || isListOfModels(request, path)) return this.#listModels(request, response);
    if (route?.kind !== 'ask' || !APIS_OF[this.#deps.rules.api].includes(route.api))
      return refuse(404, 'not_found_error', this.#whatIsAccepted(), `${shownAddress}: not a request to a model`);
    const unreadable = whyUnreadable(request);
    if (unreadable) return refuse(unreadable.status, unreadable.type, unreadable.message, unreadable.message);
    const closed = new AbortController();
    response.once('close', () => closed.abort());
    const freeSlot = await this.#slots.take(closed.signal);
    if (!freeSlot) {
      if (closed.signal.aborted) return;
      return refuse(
        429,
        'rate_limit_error',
        'Too many requests of this measurement wait.',
        'too many requests at once',
      );
    }
    try {
      await this.#serveInTurn(route, path, request, response, closed.signal);
    } finally {
      freeSlot();
    }
  }

  async #serveInTurn(
    route: Route,
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
    gone: AbortSignal,
  ): Promise<void> {
    const { tally, rules, upstream, heldBytes } = this.#deps;
    if (request.headers.expect !== undefined) response.writeContinue();
    const read = await readBody(request, heldBytes);
    if (read.kind === 'gone') return;
    if (read.kind === 'refused') {
      const type = read.status === 413 ? 'request_too_large' : 'overloaded_error';
      return refuseUnread(request, response, { status: read.status, type, message: read.reason });
    }
    try {
      const parsed = parseJsonObject(read.text);
      if ('problem' in parsed)
        return sendError(response, {
          status: 400,
          type: 'invalid_request_error',
          message: `The body cannot be read. ${parsed.problem}`,
        });
      const modelName = route.api === 'gemini' ? modelOf('gemini', path, {}) : parsed.fields.model;
      if (typeof modelName !== 'string' || !isAllowedModel(rules, modelName))
        return this.#refuseModel(response, modelName);
      const checked = checkContent(route.api, path, parsed.fields);
      if (!checked.isAllowed) {
        tally.recordRefusal(checked.refusal);
        const message = `Overnight does not allow ${checked.refusal}.`;
        return sendError(response, { status: 403, type: 'permission_error', message });
      }
      for (const fieldName of checked.leftOut) tally.recordRefusal(`the field "${fieldName}" of a request`);
      const { headers } = request;
      await answerRequest(this.#deps, { route, upstream, modelName, body: checked.body, headers, response, gone });
    } finally {
      read.release();
    }
  }

  #refuseModel(response: ServerResponse, modelName: unknown): void {
    const { tally, rules } = this.#deps;
    const named = typeof modelName === 'string' ? `"${oneLine(modelName, 80)}"` : `${describeType(modelName)}`;
    const reason = `the model ${named} is not allowed; allowed: ${rules.allow.join(', ')}`;
    tally.notAllowed = reason;
    tally.recordRefusal(reason);
    const message = `Overnight: ${reason}. Names are compared letter by letter.`;
    sendError(response, { status: 403, type: 'permission_error', message, code: 'model_not_allowed' });
  }

  /** The allowed models, without asking the provider. */
  #listModels(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    const { allow, api } = this.#deps.rules;
    const list =
      api === 'gemini'
        ? { models: allow.map((name) => ({ name: `models/${name}` })) }
        : { object: 'list', data: allow.map((id) => ({ id, object: 'model', type: 'model' })), has_more: false };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(list));
  }

  #whatIsAccepted(): string {
    const paths = {
      openai: 'POST /v1/chat/completions and POST /v1/responses',
      anthropic: 'POST /v1/messages',
      gemini: 'POST /v1beta/models/MODEL:generateContent and :streamGenerateContent',
    };
    return `Overnight: this socket accepts ${paths[this.#deps.rules.api]}, and GET /v1/models.`;
  }
}

const isListOfModels = ({ method }: IncomingMessage, path: string): boolean =>
  method === 'GET' && path === '/v1/models';

const describeType = (value: unknown): string =>
  value === undefined ? 'of a request without `model`' : `that is ${Array.isArray(value) ? 'a list' : typeof value}`;
