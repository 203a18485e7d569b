/** Answers of the gateway itself. Knows nothing about why. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** How long the rest of a refused body is discarded before the connection is closed. */
const DISCARD_MS = 5000;

export interface ErrorReply {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  /** As `type` when absent. */
  readonly code?: string;
}

/** An error in a shape that the clients of all four APIs understand. Does nothing when an answer has begun. */
export function sendError(response: ServerResponse, { status, type, message, code = type }: ErrorReply): void {
  if (response.headersSent || response.destroyed) return;
  const retry = status === 429 || status === 503 ? { 'retry-after': '1' } : {};
  response.writeHead(status, { 'content-type': 'application/json', ...retry });
  response.end(JSON.stringify({ type: 'error', error: { type, message, code, status: type } }));
}

/**
 * Answer a request whose body was not read. What still arrives is discarded for a while, so that a client that sends
 * first and reads afterwards sees the answer.
 */
export function refuseUnread(request: IncomingMessage, response: ServerResponse, reply: ErrorReply): void {
  sendError(response, reply);
  if (request.complete) return;
  request.resume();
  const timeout = setTimeout(() => request.destroy(), DISCARD_MS);
  timeout.unref();
  request.once('end', () => clearTimeout(timeout));
  request.once('close', () => clearTimeout(timeout));
}
