/** The one place that listens: this machine only. The same folder gets the same port, so that a bookmark stays good. */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { LabError, reasonOf } from '../base/error.ts';
import { sha256 } from '../base/hash.ts';
import { createApp, type ServerParts } from './app.ts';

export interface Served {
  readonly port: number;
  readonly url: string;
  /** The port differs from the folder's own, which another program has. */
  readonly moved: boolean;
  close(): Promise<void>;
}

/** Ports that no well-known service uses; a folder's own one follows from its path. */
const FIRST_PORT = 41_000;
const PORTS = 8_000;
const TRIES = 20;

export const portOf = (root: string): number => FIRST_PORT + (Number.parseInt(sha256(root).slice(0, 8), 16) % PORTS);

/** Listen on the port asked for, else on the folder's own or one of the next. Throws E_PORT. */
export async function listen(parts: ServerParts, asked: number | undefined): Promise<Served> {
  let port = 0;
  const { app, close } = createApp(parts, () => port);
  const handle = getRequestListener(app.fetch);
  const server = http.createServer((request, response) => void handle(request, response));
  const own = asked ?? portOf(parts.root);
  for (let k = 0; ; k++) {
    const failed = await attempt(server, own + k);
    if (failed === undefined) break;
    const used = (failed as NodeJS.ErrnoException).code === 'EADDRINUSE';
    if (!used || asked !== undefined || k + 1 >= TRIES) throw taken(own + k, failed);
  }
  port = (server.address() as AddressInfo).port;
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    moved: asked === undefined && port !== own,
    close: () =>
      new Promise((resolve) => {
        close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function attempt(server: http.Server, port: number): Promise<unknown> {
  return new Promise((resolve) => {
    const failed = (error: unknown): void => resolve(error);
    server.once('error', failed);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', failed);
      resolve(undefined);
    });
  });
}

function taken(port: number, cause: unknown): LabError {
  return new LabError(
    'E_PORT',
    {
      what: 'The dashboard could not be served.',
      why: `Port ${port} of 127.0.0.1 cannot be had: ${reasonOf(cause)}.`,
      next: 'Name another with --port, or leave it out to get a free one.',
    },
    cause,
  );
}
