/** Generated steps that fill a folder as untrusted code would, and the two people that take them. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';

export const SECRET = '-777 nobody may read this\n';
const NOBODY = 65534;
const multiple = Number(process.env.OVERNIGHT_FUZZ ?? 1);
const seed = process.env.OVERNIGHT_FUZZ_SEED;

/** How many cases; the seed where one is to be repeated; a failure says its seed and not more than fits a screen. */
export const runs = <T>(count: number): fc.Parameters<T> => ({
  numRuns: Math.ceil(count * multiple),
  endOnFailure: true,
  ...(seed !== undefined && { seed: Number(seed) }),
  reporter: ({ failed, seed: usedSeed, numRuns, errorInstance, counterexample }) => {
    if (!failed) return;
    const cause =
      errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance);
    throw new Error(
      `OVERNIGHT_FUZZ_SEED=${usedSeed} repeats it (case ${numRuns}).\n${cause.slice(0, 2000)}\n${fc.stringify(counterexample).slice(0, 2000)}`,
    );
  },
});

/** Do something as nobody where the tests run as root; otherwise as who they run. */
export async function asOrdinaryUser<T>(isAsked: boolean, action: () => T | Promise<T>): Promise<T> {
  if (!isAsked || process.getuid?.() !== 0) return action();
  process.setegid!(NOBODY);
  process.seteuid!(NOBODY);
  try {
    return await action();
  } finally {
    process.seteuid!(0);
    process.setegid!(0);
  }
}

/** Names as bytes: ordinary ones, the longest, controls, no UTF-8, what a program could take for an option. */
export const anyName: fc.Arbitrary<Buffer> = fc
  .oneof(
    { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'lib', 'model', 'x.txt', 'x.ts', 'config.txt', 'curve.csv') },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }) },
    { weight: 1, arbitrary: fc.constantFrom('-rf', '...', '.git', 'a\nb', '\u001b[31m', 'n'.repeat(255), '\u202e') },
    { weight: 2, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 255 }) },
  )
  .map((name) => Buffer.from(Buffer.from(name as string).filter((byte) => byte !== 0 && byte !== 47)))
  .filter((name) => name.length > 0 && name.length <= 255 && !['.', '..'].includes(name.toString('latin1')));

const anyMode = fc.constantFrom(0o000, 0o100, 0o400, 0o644, 0o700, 0o755, 0o1777, 0o4755, 0o6711);
const anyContent = fc.oneof(fc.string({ unit: 'binary', maxLength: 50 }), fc.uint8Array({ maxLength: 50 }));

export type Step =
  | { readonly do: 'folder'; readonly at: number; readonly name: Buffer }
  | { readonly do: 'file'; readonly at: number; readonly name: Buffer; readonly content: string | Uint8Array }
  | { readonly do: 'link'; readonly at: number; readonly name: Buffer; readonly to: number }
  | { readonly do: 'second name'; readonly at: number; readonly name: Buffer; readonly to: number }
  | { readonly do: 'hole'; readonly at: number; readonly name: Buffer; readonly bytes: number }
  | { readonly do: 'mode'; readonly of: number; readonly mode: number }
  | { readonly do: 'dig'; readonly name: Buffer; readonly depth: number };

const place = { at: fc.nat(20), name: anyName };
export const anySteps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('folder' as const), ...place }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('file' as const), ...place, content: anyContent }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('link' as const), ...place, to: fc.nat(9) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('second name' as const), ...place, to: fc.nat(9) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('hole' as const), ...place, bytes: fc.constantFrom(3e6, 3e9, 1e12) }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('mode' as const), of: fc.nat(20), mode: anyMode }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('dig' as const), name: anyName, depth: fc.integer({ min: 1, max: 40 }) }),
    },
  ),
  { maxLength: 10 },
);

const inside = (folder: Buffer, name: Buffer): Buffer => Buffer.concat([folder, Buffer.from('/'), name]);

/** Take the steps below `root`. What the system refuses (a name that is taken, a folder without rights) is left out. */
export function takeSteps(root: string, victim: string, steps: readonly Step[]): void {
  const folders: Buffer[] = [Buffer.from(root)];
  const files: Buffer[] = [];
  const pick = (list: readonly Buffer[], i: number): Buffer | undefined => list[i % list.length];
  for (const step of steps) {
    try {
      takeStep(step);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).syscall === undefined) throw thrown;
    }
  }

  function takeStep(step: Step): void {
    if (step.do === 'mode') return fs.chmodSync(pick([...folders, ...files], step.of)!, step.mode);
    if (step.do === 'dig') return dig(step.name, step.depth);
    const path = inside(pick(folders, step.at)!, step.name);
    switch (step.do) {
      case 'folder':
        fs.mkdirSync(path);
        folders.push(path);
        return;
      case 'file':
        fs.writeFileSync(path, step.content, { flag: 'wx' }); // an honest name: what lies behind a link is not written
        files.push(path);
        return;
      case 'link':
        return fs.symlinkSync(
          pick(
            [
              Buffer.from(victim),
              Buffer.from(join(victim, 'x.txt')),
              Buffer.from('..'),
              Buffer.from('.'),
              ...folders,
              ...files,
            ],
            step.to,
          )!,
          path,
        );
      case 'second name':
        return fs.linkSync(pick([...files, Buffer.from(join(victim, 'x.txt'))], step.to)!, path);
      case 'hole':
        fs.writeFileSync(path, '', { flag: 'wx' });
        return fs.truncateSync(path, step.bytes);
      default:
        step satisfies never;
    }
  }

  /** A chain of folders from its end upwards: no path is ever longer than two names. */
  function dig(name: Buffer, depth: number): void {
    const next = Buffer.from(join(root, '.next'));
    let top = inside(Buffer.from(root), Buffer.from('.chain'));
    fs.mkdirSync(top);
    for (let i = 0; i < depth; i++) {
      fs.mkdirSync(next);
      fs.renameSync(top, inside(next, name));
      fs.renameSync(next, top);
    }
    const place = inside(Buffer.from(root), name);
    fs.renameSync(top, place);
  }
}
