/**
 * Finds Unix sockets below a folder on which a program listens. A read-only mount does not keep anybody from connecting
 * to one. The search is bounded, and says so where it ended early.
 */
import * as fs from 'node:fs';
import { connect } from 'node:net';
import * as path from 'node:path';
import { orUndefined, readOrUndefined } from './attempt.ts';

export interface SocketSearch {
  /** A socket on which somebody listens. */
  readonly found?: string;
  /** False when there were more files than are looked at: what the kernel lists was looked at all the same. */
  readonly isComplete: boolean;
}

export interface SearchBounds {
  /** Files and folders that are looked at. */
  readonly maxEntries: number;
  readonly maxMs: number;
}

const BOUNDS: SearchBounds = { maxEntries: 50_000, maxMs: 3000 };
const KERNEL_LIST = '/proc/net/unix';
const ANSWER_MS = 500;

/** Never throws. A folder that is not there holds no socket. Links below it are not followed. */
export async function findLiveSocket(folder: string, bounds: SearchBounds = BOUNDS): Promise<SocketSearch> {
  const top = realPathOf(folder);
  if (top === undefined) return { isComplete: true };
  const walked = socketsBelow(top, bounds);
  for (const socketPath of new Set([...socketsOfKernel(top), ...walked.sockets]))
    if (await isLive(socketPath)) return { found: socketPath, isComplete: walked.isComplete };
  return { isComplete: walked.isComplete };
}

/** The nearest first. */
function socketsBelow(top: string, { maxEntries, maxMs }: SearchBounds): { sockets: string[]; isComplete: boolean } {
  const sockets: string[] = [];
  if (fs.lstatSync(top, { throwIfNoEntry: false })?.isSocket()) return { sockets: [top], isComplete: true };
  const endMs = performance.now() + maxMs;
  const folders = [top];
  let seen = 0;
  for (const folder of folders) {
    for (const entry of entriesOf(folder)) {
      if (++seen > maxEntries || performance.now() > endMs) return { sockets, isComplete: false };
      if (entry.isSocket()) sockets.push(path.join(folder, entry.name));
      else if (entry.isDirectory()) folders.push(path.join(folder, entry.name));
    }
  }
  return { sockets, isComplete: true };
}

/** A folder that this user may not read shows nothing to a candidate, who is not more. */
const entriesOf = (folder: string): readonly fs.Dirent[] =>
  orUndefined(() => fs.readdirSync(folder, { withFileTypes: true })) ?? [];

/** Sockets that the kernel knows by a path below the folder, however many other files lie there. Linux only. */
function socketsOfKernel(top: string): readonly string[] {
  const list = readOrUndefined(KERNEL_LIST) ?? '';
  const paths = list.split('\n').flatMap((line) => /\s(\/.*)$/.exec(line)?.[1] ?? []);
  return [...new Set(paths)].flatMap((socketPath) => {
    const folder = realPathOf(path.dirname(socketPath));
    if (folder === undefined) return [];
    const realPath = path.join(folder, path.basename(socketPath));
    return realPath === top || realPath.startsWith(top === '/' ? top : `${top}/`) ? [realPath] : [];
  });
}

const realPathOf = (anyPath: string): string | undefined => orUndefined(() => fs.realpathSync(anyPath));

/** Dead are sockets that nobody answers at, and those that this user may not connect to. */
function isLive(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path: socketPath });
    const end = (answer: boolean): void => {
      clearTimeout(timeout);
      socket.destroy();
      resolve(answer);
    };
    const timeout = setTimeout(() => end(true), ANSWER_MS);
    socket.once('connect', () => end(true));
    socket.once('error', ({ code }: NodeJS.ErrnoException) => end(!DEAD_CODES.has(code ?? '')));
  });
}

const DEAD_CODES: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT', 'ENOTSOCK', 'EACCES', 'EPERM']);
