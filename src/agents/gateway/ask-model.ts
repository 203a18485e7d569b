/**
 * One request to a model, from its body to the booked cost: understood, checked, allowed by the budget, sent, settled.
 * Knows nothing about sockets and tokens of calls.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { monotonicMs } from '../../os/clock.ts';
import type { Cost, Reservation, Settle } from './account.ts';
import {
  answerTokensOf,
  type Api,
  asFields,
  type Fields,
  hasTools,
  modelOf,
  NO_TOKENS,
  type Route,
  toolCallsIn,
  totalTokensOf,
} from './apis.ts';
import { parseJsonObject } from './body.ts';
import type { GatewayCall } from './call.ts';
import { classifyResponse, type ProviderFailure, redactSecrets } from './classify.ts';
import { type OwnPrices, usdOf } from './prices.ts';
import { sendError } from './reply.ts';
import { checkContent } from './request-content.ts';
import { type Exchange, exchangeWithUpstream, type Upstream } from './upstream.ts';

/** A request whose token, path and length are in order. */
export interface ModelRequest {
  readonly gatewayCall: GatewayCall;
  readonly route: Route;
  readonly upstream: Upstream;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The path that was asked, without its query. */
  readonly requestPath: string;
  /** Aborted when the agent closes the connection. */
  readonly gone: AbortSignal;
  readonly silenceMs: number;
  readonly prices: OwnPrices | undefined;
}

/** Bounds the wait for answers that only return information. */
const INFORMATION_MS = 15_000;
const BYTES_PER_TOKEN = 4;
/** Tokens that a provider may add to a request: its own words about tools. */
const MAX_ADDED_TOKENS = 1000;
const MAX_MODEL_NAME = 200;

/** A request that costs nothing: the list of models, a count of tokens. */
export async function askForInformation(modelRequest: ModelRequest, sentBody: Buffer | undefined): Promise<void> {
  const answer = await exchangeWithUpstream({
    ...modelRequest,
    body: sentBody,
    silenceMs: INFORMATION_MS,
    expected: { input: 0, answer: 0 },
  });
  endAnswer(modelRequest.response, answer, undefined);
}

/** The body that is sent in place of the given one; `undefined` when the request was refused. */
export function readAllowedBody(
  { gatewayCall, route, requestPath, response }: ModelRequest,
  givenText: string | undefined,
): Fields | undefined {
  const parsed = parseJsonObject(givenText);
  if ('problem' in parsed) {
    gatewayCall.recordRefusal('a request that the gateway cannot read');
    const message = `The body cannot be read. ${parsed.problem}`;
    sendError(response, { status: 400, type: 'invalid_request_error', message });
    return undefined;
  }
  const checked = checkContent(route.api, requestPath, parsed.fields);
  if (!checked.isAllowed) {
    gatewayCall.recordRefusal(checked.refusal);
    const message = `The gateway does not allow ${checked.refusal}.`;
    sendError(response, { status: 403, type: 'permission_error', message });
    return undefined;
  }
  for (const fieldName of checked.leftOut) gatewayCall.recordRefusal(`the field "${fieldName}" of a request`);
  return checked.body;
}

/** Ask the model, once the budget allows it. `release` is called when the body is no longer held. */
export async function askModel(modelRequest: ModelRequest, requestBody: Fields, release: () => void): Promise<void> {
  const { gatewayCall, route, response, prices, gone } = modelRequest;
  const modelName = modelOf(route.api, modelRequest.requestPath, requestBody).slice(0, MAX_MODEL_NAME);
  const sentBody = encodeBody(route.api, requestBody);
  const inputTokens = Math.ceil(sentBody.length / BYTES_PER_TOKEN);
  const answerTokens = answerTokensOf(route.api, requestBody);
  const costOf = (tokens: typeof NO_TOKENS): Cost => ({
    tokens,
    usd: totalTokensOf(tokens) === 0 ? 0 : usdOf(modelName, tokens, prices),
  });
  const readCost = costOf({ ...NO_TOKENS, input: inputTokens });
  const settle = await reserveCost(gatewayCall, modelName, readCost, gone, {
    // No tokenizer makes more tokens than there are bytes.
    most: costOf({ ...NO_TOKENS, input: sentBody.length + MAX_ADDED_TOKENS, output: answerTokens.most }),
    assumed: costOf({ ...NO_TOKENS, input: inputTokens, output: answerTokens.assumed }),
  });
  if (typeof settle === 'string') {
    gatewayCall.recordFailure({ class: 'budget', message: settle }, true, Date.now());
    const message = `Overnight: ${settle}`;
    return sendError(response, { status: 403, type: 'permission_error', message, code: 'budget_exhausted' });
  }
  if (settle === undefined) return;
  gatewayCall.recordRequest(modelName, toolCallsIn(route.api, requestBody), monotonicMs());
  try {
    const answer = await exchangeWithUpstream({
      ...modelRequest,
      body: sentBody,
      expected: { input: inputTokens, answer: answerTokens.assumed },
      onSent: release,
    });
    settle(costOf(answer.tokens), answer.isEstimated);
    const failure = failureOf(answer);
    const isWork = hasTools(requestBody);
    if (failure) gatewayCall.recordFailure(failure, isWork, Date.now());
    else if (answer.ending === 'complete') gatewayCall.recordSuccess(isWork);
    endAnswer(response, answer, failure);
  } finally {
    settle({ tokens: NO_TOKENS, usd: 0 }, false);
    gatewayCall.recordEnd(monotonicMs());
  }
}

/**
 * Reserve what a request may cost; a sentence says why it may not be sent. It waits while only the requests under way
 * stand against it: they may cost less than is held for them. `undefined` when the agent is gone meanwhile.
 */
async function reserveCost(
  { account }: GatewayCall,
  modelName: string,
  readCost: Cost,
  gone: AbortSignal,
  reservation: Reservation,
): Promise<Settle | string | undefined> {
  while (!gone.aborted) {
    const refusalReason = account.whyRefused(readCost, modelName);
    if (refusalReason !== undefined) return refusalReason;
    if (account.hasRoomFor(readCost)) return account.reserve(reservation);
    await account.nextSettlement(gone);
  }
  return undefined;
}

function endAnswer(response: ServerResponse, answer: Exchange, failure: ProviderFailure | undefined): void {
  if (answer.ending === 'complete' || answer.ending === 'cut') return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const status = answer.ending === 'silent' ? 504 : 502;
  sendError(response, { status, type: 'api_error', message: failure?.message ?? 'no answer' });
}

export function failureOf(answer: Exchange): ProviderFailure | undefined {
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

/** The body as it is sent. Chat Completions reports the usage of a stream only when the request asks for it. */
export function encodeBody(api: Api, requestBody: Fields): Buffer {
  const needsStreamUsage = api === 'chat' && requestBody.stream === true;
  const streamOptions = { ...asFields(requestBody.stream_options), include_usage: true };
  return Buffer.from(
    JSON.stringify(needsStreamUsage ? { ...requestBody, stream_options: streamOptions } : requestBody),
  );
}
