/**
 * A tunnel to one of the hosts of a login, and to no other. Its traffic is encrypted, so it is neither counted nor
 * checked.
 */
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { GatewayCall } from './call.ts';

/** `gatewayCall` is absent where the token of the request is not known. Never throws. */
export function openTunnel(gatewayCall: GatewayCall | undefined, request: IncomingMessage, socket: Duplex): void {
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

/** The token of a request for a tunnel. */
export function proxyTokenOf(request: IncomingMessage): string | undefined {
  const credentials = /^Basic\s+(\S+)/i.exec(request.headers['proxy-authorization'] ?? '')?.[1];
  return credentials === undefined
    ? undefined
    : Buffer.from(credentials, 'base64')
        .toString('utf8')
        .replace(/^[^:]*:/, '');
}
