/** A fresh place with the nasty programs mounted at /bin-of-tests and a writable /out, for one test. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mount, RunSpec, Sandbox } from '../../src/core/ports.ts';
import { ROOMY_LIMITS } from '../../src/testing/sandbox-conformance.ts';

export const PROGRAMS = join(import.meta.dirname, '..', 'fixtures', 'bin');

export interface Scene {
  readonly out: string;
  /** `program` names a file of `PROGRAMS`; its arguments may use `$O` for the writable directory. */
  spec(program: string, limits?: Partial<RunSpec['limits']>, more?: Partial<RunSpec>): RunSpec;
  remove(): void;
}

export function scene(sandbox: Sandbox, tag: string): Scene {
  const dir = mkdtempSync(join(tmpdir(), `overnight-nasty-${tag}-`));
  const programs: Mount = { from: PROGRAMS, to: '/bin-of-tests', mode: 'read' };
  const out: Mount = { from: join(dir, 'out'), to: '/out', mode: 'write' };
  mkdirSync(out.from);
  return {
    out: out.from,
    remove: () => rmSync(dir, { recursive: true, force: true }),
    spec(program, limits = {}, more = {}) {
      const path = join(sandbox.inside(programs), program);
      return {
        command: /^\S+\.mjs/.test(program) ? `"$NODE" ${path}` : `sh ${path}`,
        cwd: sandbox.inside(programs),
        mounts: [programs, out],
        tag,
        ...more,
        env: { O: sandbox.inside(out), NODE: process.execPath, ...more.env },
        limits: { ...ROOMY_LIMITS, ...limits },
      };
    },
  };
}

/** Live processes of this machine whose environment holds a text; children inherit it, whatever session they are in. */
export function processesWith(text: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const alive = !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
        return alive && readFileSync(`/proc/${pid}/environ`, 'latin1').includes(text);
      } catch {
        return false;
      }
    })
    .map(Number);
}
