/** Opening and closing the servers to which untrusted programs connect. */
import type { Server } from 'node:http';

/** On a port of 127.0.0.1, or on a socket with this path. */
export function listenOn(server: Server, address: string | number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.on('error', () => {}); // a connection that cannot be accepted must not end the harness
    if (typeof address === 'string') server.listen(address, () => resolve());
    else server.listen(address, '127.0.0.1', () => resolve());
  });
}

export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
