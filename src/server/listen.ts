/** The one place that listens: this machine only. The same folder gets the same port, so that a bookmark stays good. */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { LabError, reasonOf } from '../base/error.ts';
import { sha256Hex } from '../base/hash.ts';
import { createApp, type ServerDeps } from './app.ts';

export interface ServedDashboard {
  readonly port: number;
  readonly url: string;
  /** The port differs from the folder's own, which another program has. */
  readonly moved: boolean;
  close(): Promise<void>;
}

/** Ports that no well-known service uses; a folder's own one follows from its path. */
const FIRST_PORT = 41_000;
const PORT_COUNT = 8_000;
const MAX_TRIES = 20;

export const portOf = (root: string): number =>
  FIRST_PORT + (Number.parseInt(sha256Hex(root).slice(0, 8), 16) % PORT_COUNT);

/** Listen on the port asked for, else on the folder's own or one of the next. Throws E_PORT. */
export async function listenLocally(deps: ServerDeps, requestedPort: number | undefined): Promise<ServedDashboard> {
  let actualPort = 0;
  const { app, close } = createApp(deps, () => actualPort);
  const handleRequest = getRequestListener(app.fetch);
  const httpServer = http.createServer((request, response) => void handleRequest(request, response));
  const ownPort = requestedPort ?? portOf(deps.root);
  for (let offset = 0; ; offset++) {
    const failure = await tryListen(httpServer, ownPort + offset);
    if (failure === undefined) break;
    const isPortTaken = (failure as NodeJS.ErrnoException).code === 'EADDRINUSE';
    if (!isPortTaken || requestedPort !== undefined || offset + 1 >= MAX_TRIES)
      throw portError(ownPort + offset, failure);
  }
  actualPort = (httpServer.address() as AddressInfo).port;
  return {
    port: actualPort,
    url: `http://127.0.0.1:${actualPort}/`,
    moved: requestedPort === undefined && actualPort !== ownPort,
    close: () =>
      new Promise((resolve) => {
        close();
        httpServer.close(() => resolve());
        httpServer.closeAllConnections();
      }),
  };
}

function tryListen(httpServer: http.Server, candidatePort: number): Promise<unknown> {
  return new Promise((resolve) => {
    const reportError = (error: unknown): void => resolve(error);
    httpServer.once('error', reportError);
    httpServer.listen(candidatePort, '127.0.0.1', () => {
      httpServer.off('error', reportError);
      resolve(undefined);
    });
  });
}

function portError(busyPort: number, cause: unknown): LabError {
  return new LabError(
    'E_PORT',
    {
      what: 'The dashboard could not be served.',
      why: `Port ${busyPort} of 127.0.0.1 cannot be had: ${reasonOf(cause)}.`,
      next: 'Name another with --port, or leave it out to get a free one.',
    },
    cause,
  );
}
