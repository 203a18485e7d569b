/**
 * What a process tree holds although no folder shows it: files that were deleted while open or mapped, memory files,
 * shared memory. Reads /proc. Not covered: descriptors that lie in a socket and in no process, and pipes.
 */
import { readdirSync, readlinkSync, statfsSync, statSync } from 'node:fs';
import { orUndefined, readOrUndefined } from '../os/attempt.ts';

export interface HeldStorage {
  /** Bytes of deleted files, by the number of their device. */
  readonly deletedBytes: ReadonlyMap<number, number>;
  /** Bytes of files that only live in memory: memfd, shared anonymous memory. */
  readonly memoryFileBytes: number;
}

interface HeldFile {
  readonly device: number;
  readonly bytes: number;
  readonly isInMemory: boolean;
}

const BLOCK_BYTES = 512;
/** Descriptors looked at in one look; few trees have more than this. */
const MAX_DESCRIPTORS = 20_000;
/** How the kernel names files that only live in memory. */
const MEMORY_FILE = /^\/(memfd:|dev\/zero \(deleted\)$|SYSV[0-9a-f]{8} )/;
const DELETED_MAPPING = /^([0-9a-f]+)-([0-9a-f]+) \S+ ([0-9a-f]+) ([0-9a-f]+):([0-9a-f]+) (\d+) +(.* \(deleted\))$/gm;

export function findHeldStorage(pids: readonly number[]): HeldStorage {
  const heldFiles = new Map<number, HeldFile>(); // by inode: some file systems have two numbers for one device
  let lookedAt = 0;
  for (const pid of pids) {
    for (const descriptor of orUndefined(() => readdirSync(`/proc/${pid}/fd`)) ?? []) {
      if (++lookedAt > MAX_DESCRIPTORS) break;
      addOpenFile(heldFiles, `/proc/${pid}/fd/${descriptor}`);
    }
    addMappedFiles(heldFiles, pid);
  }
  const deletedBytes = new Map<number, number>();
  let memoryFileBytes = 0;
  for (const { device, bytes, isInMemory } of heldFiles.values()) {
    if (isInMemory) memoryFileBytes += bytes;
    else deletedBytes.set(device, (deletedBytes.get(device) ?? 0) + bytes);
  }
  return { deletedBytes, memoryFileBytes };
}

/**
 * System V segments that these processes made since a time in seconds: they stay when nobody has them attached. Older
 * ones are of others, who had the same pid.
 */
export function sharedSegmentsOf(
  pids: ReadonlySet<number>,
  sinceS: number,
): readonly { readonly id: number; readonly bytes: number }[] {
  const [header = '', ...rows] = (readOrUndefined('/proc/sysvipc/shm') ?? '').trim().split('\n');
  const columns = header.trim().split(/\s+/);
  return rows
    .map((row) => row.trim().split(/\s+/).map(Number))
    .map((fields) => ({
      id: fields[columns.indexOf('shmid')] ?? 0,
      maker: fields[columns.indexOf('cpid')] ?? 0,
      madeAtS: fields[columns.indexOf('ctime')] ?? 0,
      bytes: fields[columns.indexOf('rss')] ?? 0,
    }))
    .filter((segment) => pids.has(segment.maker) && segment.madeAtS >= sinceS);
}

/** Bytes in folders of its own that one process sees; 0 where we may not look, or where it still sees ours. */
export function memoryFolderBytes(pid: number, folders: readonly string[]): number {
  return folders.reduce((total, folder) => {
    try {
      const seenFolder = `/proc/${pid}/root${folder}`;
      if (statSync(seenFolder).dev === orUndefined(() => statSync(folder))?.dev) return total;
      const { bsize, blocks, bfree } = statfsSync(seenFolder);
      return total + (blocks - bfree) * bsize;
    } catch {
      return total;
    }
  }, 0);
}

/** Resident bytes of shared memory, as the process itself is charged for them. */
export function residentSharedBytes(pid: number): number {
  const matched = /^RssShmem:\s+(\d+) kB$/m.exec(readOrUndefined(`/proc/${pid}/status`) ?? '');
  return matched ? Number(matched[1]) * 1024 : 0;
}

function addOpenFile(heldFiles: Map<number, HeldFile>, descriptorPath: string): void {
  const target = orUndefined(() => readlinkSync(descriptorPath));
  if (!target?.endsWith(' (deleted)')) return;
  const fileStats = orUndefined(() => statSync(descriptorPath));
  if (!fileStats?.isFile() || fileStats.nlink > 0) return;
  const bytes = fileStats.blocks * BLOCK_BYTES;
  heldFiles.set(fileStats.ino, { device: fileStats.dev, bytes, isInMemory: MEMORY_FILE.test(target) });
}

/** Deleted files that are mapped and not open. Only root learns their size; for others the mapped extent stands in. */
function addMappedFiles(heldFiles: Map<number, HeldFile>, pid: number): void {
  const estimates = new Map<number, HeldFile>();
  const maps = readOrUndefined(`/proc/${pid}/maps`) ?? '';
  if (!maps.includes(' (deleted)')) return; // most have none, and the expression is slow
  for (const mapping of maps.matchAll(DELETED_MAPPING)) {
    const [, start = '', end = '', offset = '', major = '', minor = '', inode = '', target = ''] = mapping;
    const inodeNumber = Number(inode);
    if (heldFiles.has(inodeNumber)) continue;
    const fileStats = orUndefined(() => statSync(`/proc/${pid}/map_files/${start}-${end}`));
    const mappedEnd = Number.parseInt(offset, 16) + Number.parseInt(end, 16) - Number.parseInt(start, 16);
    const bytes = fileStats ? fileStats.blocks * BLOCK_BYTES : mappedEnd;
    if (bytes <= (estimates.get(inodeNumber)?.bytes ?? -1)) continue;
    estimates.set(inodeNumber, {
      device: fileStats?.dev ?? deviceNumber(Number.parseInt(major, 16), Number.parseInt(minor, 16)),
      bytes,
      isInMemory: MEMORY_FILE.test(target),
    });
  }
  for (const [inodeNumber, heldFile] of estimates) heldFiles.set(inodeNumber, heldFile);
}

/** As makedev(3) of the C library, which stat reports. */
const deviceNumber = (major: number, minor: number): number =>
  ((major & 0xfff) << 8) | (minor & 0xff) | ((minor & 0xfff00) << 12);
