/**
 * Runs a command once as the person would, outside of the sandbox, in a copy of the folder: the person's files stay as
 * they are. Says what it printed and what it cost.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { sanitizeText } from '../../base/text.ts';
import { copyTree, removeTree } from '../../os/files.ts';
import { makeTemporaryFolder } from '../../os/folders.ts';
import { chooseSandbox } from '../../sandbox/choose.ts';
import { listFolder } from '../../workspace/source.ts';

/** One run of a command. */
export interface TriedCommand {
  readonly ok: boolean;
  /** Why it is not ok, for people. */
  readonly ending: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly wallS: number;
  readonly cpuS: number;
  readonly memoryMb: number;
}

const LIMITS = { wallMs: 20 * 60_000, memoryMb: 1 << 20, pids: 1 << 15, diskMb: 1 << 20, outputMb: 64, cores: [] };

/** Installed folders that git ignores stay where they are; the copy has links to them. */
export async function tryOutside(folder: string, command: string, installed: readonly string[]): Promise<TriedCommand> {
  const { sandbox } = await chooseSandbox({ forbid: 'bubblewrap' });
  const parent = makeTemporaryFolder('overnight-new-');
  const copy = path.join(parent, 'copy');
  const out = path.join(parent, 'out');
  try {
    const files = new Set(await listFolder(folder));
    fs.mkdirSync(out);
    copyListed(folder, copy, files);
    for (const entry of installed) {
      const target = path.join(folder, entry);
      if (fs.existsSync(target) && !fs.existsSync(path.join(copy, entry)))
        fs.symlinkSync(target, path.join(copy, entry));
    }
    const result = await sandbox.start({
      command,
      cwd: copy,
      mounts: [
        { from: copy, to: copy, mode: 'write' },
        { from: out, to: out, mode: 'write' },
      ],
      network: true,
      env: {
        ...(process.env as Record<string, string>),
        OVERNIGHT_OUT: out,
        OVERNIGHT_START: path.join(out, '.overnight-start'),
        OVERNIGHT_SEED: '1',
      },
      limits: LIMITS,
      tag: `overnight-new-${process.pid}`,
    }).done;
    const isDone = result.ending === 'exited' && result.exitCode === 0;
    return {
      ok: isDone,
      ending: result.ending === 'exited' ? `status ${result.exitCode}` : result.ending,
      stdout: sanitizeText(result.stdout.text),
      stderr: sanitizeText(result.stderr.text),
      wallS: result.wallS,
      cpuS: result.cpuS,
      memoryMb: result.peakMemoryMb,
    };
  } finally {
    removeTree(parent);
  }
}

function copyListed(folder: string, copy: string, files: ReadonlySet<string>): void {
  const folders = new Set([...files].flatMap((file) => parentsOf(file)));
  copyTree(folder, copy, (relativePath) => !files.has(relativePath) && !folders.has(relativePath));
}

function parentsOf(file: string): string[] {
  const parts = file.split('/');
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('/'));
}
