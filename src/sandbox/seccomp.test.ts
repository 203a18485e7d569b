/** The filter on system calls, run by a small machine that understands the instructions it uses. */
import { describe, expect, it } from 'vitest';
import { buildSeccompFilter, type FilterArch, type FilterOptions } from './seccomp.ts';

const AUDIT = { x64: 0xc000003e, arm64: 0xc00000b7, i386: 0x40000003 };
const ALLOWED = 'allowed';

/** What the kernel would do with one call: classic BPF over struct seccomp_data. */
function answerOf(program: Buffer, call: { nr: number; arch: number; args?: readonly number[] }): string {
  const description = Buffer.alloc(64);
  description.writeUInt32LE(call.nr >>> 0, 0);
  description.writeUInt32LE(call.arch, 4);
  (call.args ?? []).forEach((value, i) => description.writeBigUInt64LE(BigInt(value), 16 + 8 * i));
  let accumulator = 0;
  for (let counter = 0; ; counter++) {
    const [operation, operand] = [program.readUInt16LE(counter * 8), program.readUInt32LE(counter * 8 + 4)];
    const [ifTrue, ifFalse] = [program.readUInt8(counter * 8 + 2), program.readUInt8(counter * 8 + 3)];
    const jump = (isTrue: boolean): void => void (counter += isTrue ? ifTrue : ifFalse);
    if (operation === 0x20) accumulator = description.readUInt32LE(operand);
    else if (operation === 0x15) jump(accumulator === operand);
    else if (operation === 0x35) jump(accumulator >= operand);
    else if (operation === 0x45) jump((accumulator & operand) !== 0);
    else if (operation === 0x06) return operand === 0x7fff0000 ? ALLOWED : `errno ${operand & 0xffff}`;
    else throw new Error(`operation ${operation} at ${counter}`);
  }
}

const NUMBERS = {
  x64: { read: 0, execve: 59, clone: 56, clone3: 435, unshare: 272, ioctl: 16, shmget: 29, memfd_create: 319 },
  arm64: { read: 63, execve: 221, clone: 220, clone3: 435, unshare: 97, ioctl: 29, shmget: 194, memfd_create: 279 },
};
const REFUSED = {
  x64: { add_key: 248, request_key: 249, keyctl: 250, bpf: 321, userfaultfd: 323, perf: 298, ring: 425, setns: 308 },
  arm64: { add_key: 217, request_key: 218, keyctl: 219, bpf: 280, userfaultfd: 282, perf: 241, ring: 425, setns: 268 },
};
const CLONE_NEWUSER = 0x10000000;
const THREAD_FLAGS = 0x3d0f00;

describe.each(['x64', 'arm64'] as const)('the filter for %s', (arch: FilterArch) => {
  const ask = (nr: number, args: readonly number[] = [], options: FilterOptions = {}): string =>
    answerOf(buildSeccompFilter(arch, options), { nr, arch: AUDIT[arch], args });
  const numbers = NUMBERS[arch];

  it('refuses keyrings and the large parts of the kernel that no measurement needs', () => {
    for (const [name, nr] of Object.entries(REFUSED[arch])) expect(`${name} ${ask(nr)}`).toBe(`${name} errno 1`);
  });

  it('lets ordinary calls through', () => {
    for (const nr of [numbers.read, numbers.execve, numbers.memfd_create]) expect(ask(nr)).toBe(ALLOWED);
  });

  it('allows processes and threads, and refuses namespaces, by either call', () => {
    expect(ask(numbers.clone, [17])).toBe(ALLOWED);
    expect(ask(numbers.clone, [THREAD_FLAGS])).toBe(ALLOWED);
    for (const call of [numbers.clone, numbers.unshare]) {
      expect(ask(call, [CLONE_NEWUSER | 17])).toBe('errno 1');
      expect(ask(call, [0x20000])).toBe('errno 1');
      expect(ask(call, [0x40000000])).toBe('errno 1');
    }
    expect(ask(numbers.unshare, [0x400])).toBe(ALLOWED); // CLONE_FILES
    expect(ask(numbers.clone3)).toBe('errno 38');
  });

  it('refuses to type into a terminal, and no other request', () => {
    expect(ask(numbers.ioctl, [0, 0x5412])).toBe('errno 1');
    expect(ask(numbers.ioctl, [0, 0x5401])).toBe(ALLOWED);
  });

  it('refuses shared segments only where asked', () => {
    expect(ask(numbers.shmget)).toBe(ALLOWED);
    expect(ask(numbers.shmget, [], { deniesSharedSegments: true })).toBe('errno 38');
  });

  it('refuses every call by another convention', () => {
    const program = buildSeccompFilter(arch);
    const other = arch === 'x64' ? AUDIT.i386 : AUDIT.x64;
    for (const nr of [0, 1, 250, 288]) expect(answerOf(program, { nr, arch: other })).toBe('errno 1');
  });

  it('is short enough for the kernel, and never jumps past its end', () => {
    const program = buildSeccompFilter(arch, { deniesSharedSegments: true });
    expect(program.length % 8).toBe(0);
    expect(program.length / 8).toBeLessThan(4096);
    for (let nr = 0; nr < 600; nr++) expect(() => answerOf(program, { nr, arch: AUDIT[arch] })).not.toThrow();
  });
});

it('refuses the x32 numbers of x86-64', () => {
  const program = buildSeccompFilter('x64');
  for (const nr of [0x40000000, 0x40000000 + 250]) {
    expect(answerOf(program, { nr, arch: AUDIT.x64 })).toBe('errno 1');
  }
  expect(answerOf(program, { nr: 0xffffffff, arch: AUDIT.x64 })).toBe('errno 1');
});
