/**
 * Which part of a work folder is writable inside the jail, as mounts. Agents write a file by making another beside it
 * and renaming that, so the folder of a writable file is writable too, and everything else in it is bound read-only on
 * top (a rename onto that fails).
 */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Mount } from '../core/ports.ts';

/** bwrap takes some thousands of arguments, three for a mount. */
const MOST_MOUNTS = 1500;

export interface Exposure {
  readonly mounts: readonly Mount[];
  /**
   * Folders with too many entries to protect each: what is not writable in them can be changed, and is not read
   * afterwards.
   */
  readonly open: readonly string[];
}

/** `writable` are files and folders below `dir`, with `/`. Missing parents are made. */
export function exposureOf(dir: string, to: string, writable: readonly string[]): Exposure {
  const listed = new Set(
    writable.map((path) => path.replace(/\/+$/, '')).filter((path) => path !== '' && !escapes(path)),
  );
  if (listed.has('.')) return { mounts: [{ from: dir, to, mode: 'write' }], open: [] };
  for (const path of listed) mkdirSync(join(dir, dirname(path)), { recursive: true });
  const mounts: Mount[] = [];
  const open: string[] = [];
  const mount = (path: string, mode: Mount['mode']): void =>
    void mounts.push({ from: join(dir, path), to: path === '' ? to : join(to, path), mode });
  const leadsTo = (path: string): boolean => [...listed].some((each) => each.startsWith(path === '' ? '' : `${path}/`));
  /** Go through a folder that was mounted as `mode`. */
  const walk = (path: string, mode: Mount['mode'] | undefined): void => {
    const entries = readdirSync(join(dir, path), { withFileTypes: true });
    const below = (name: string): string => (path === '' ? name : `${path}/${name}`);
    const isFile = (each: string): boolean =>
      !existsSync(join(dir, each)) || !entries.some((e) => below(e.name) === each && e.isDirectory());
    const direct = [...listed].some((each) => (dirname(each) === '.' ? '' : dirname(each)) === path && isFile(each));
    const wanted = direct ? 'write' : 'read';
    if (wanted !== mode) mount(path, wanted);
    if (direct && entries.length + mounts.length > MOST_MOUNTS) {
      open.push(path === '' ? '.' : path);
      return;
    }
    for (const entry of entries) {
      const at = below(entry.name);
      if (listed.has(at)) {
        if (entry.isDirectory() && !direct) mount(at, 'write');
      } else if (entry.isDirectory() && leadsTo(at)) walk(at, wanted);
      else if (direct && !entry.isSymbolicLink()) mount(at, 'read');
    }
  };
  walk('', undefined);
  return { mounts, open };
}

const escapes = (path: string): boolean => path.startsWith('/') || path.split('/').includes('..');
