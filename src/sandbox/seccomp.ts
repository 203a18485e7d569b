/**
 * The filter on system calls that bubblewrap loads: a small program for the kernel's classic BPF machine, as bytes. It
 * refuses what no measurement needs and what namespaces do not separate (the kernel's keyrings), what opens large parts
 * of the kernel (bpf, io_uring, userfaultfd, perf events), and new namespaces. Pure.
 */

/** Processors for which a filter exists. */
export type FilterArch = 'x64' | 'arm64';

interface ArchNumbers {
  /** AUDIT_ARCH_… of linux/audit.h. */
  readonly audit: number;
  /** Numbers from here on belong to another calling convention of the same processor (x32). */
  readonly foreignFrom?: number;
  readonly numbers: Readonly<Record<string, number>>;
}

/** Calls with one number on every processor, from unistd.h. */
const COMMON_NUMBERS = {
  io_uring_setup: 425,
  io_uring_enter: 426,
  io_uring_register: 427,
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  fspick: 433,
  clone3: 435,
  mount_setattr: 442,
  quotactl_fd: 443,
  memfd_secret: 447,
} as const;

// prettier-ignore
const ARCH_NUMBERS: Readonly<Record<FilterArch, ArchNumbers>> = {
  x64: {
    audit: 0xc000003e,
    foreignFrom: 0x40000000,
    numbers: {
      ...COMMON_NUMBERS, ioctl: 16, shmget: 29, clone: 56, syslog: 103, uselib: 134, pivot_root: 155, acct: 163,
      mount: 165, umount2: 166, swapon: 167, swapoff: 168, reboot: 169, iopl: 172, ioperm: 173, init_module: 175,
      delete_module: 176, quotactl: 179, nfsservctl: 180, lookup_dcookie: 212, kexec_load: 246, add_key: 248,
      request_key: 249, keyctl: 250, unshare: 272, perf_event_open: 298, fanotify_init: 300, open_by_handle_at: 304,
      setns: 308, finit_module: 313, kexec_file_load: 320, bpf: 321, userfaultfd: 323,
    },
  },
  arm64: {
    audit: 0xc00000b7,
    numbers: {
      ...COMMON_NUMBERS, lookup_dcookie: 18, ioctl: 29, umount2: 39, mount: 40, pivot_root: 41, nfsservctl: 42,
      quotactl: 60, acct: 89, unshare: 97, kexec_load: 104, init_module: 105, delete_module: 106, syslog: 116,
      reboot: 142, shmget: 194, add_key: 217, request_key: 218, keyctl: 219, clone: 220, swapon: 224, swapoff: 225,
      perf_event_open: 241, fanotify_init: 262, open_by_handle_at: 265, setns: 268, finit_module: 273, bpf: 280,
      userfaultfd: 282, kexec_file_load: 294,
    },
  },
};

/** Calls that are not refused as such: clone and unshare by their flags, ioctl by its request, shmget where asked. */
const JUDGED_BY_ARGUMENT = ['clone', 'unshare', 'ioctl', 'clone3', 'shmget'];
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
const NEW_NAMESPACE_FLAGS = 0x7e020000;
/** TIOCSTI and TIOCLINUX put characters into the input of a terminal. */
const TERMINAL_INPUT_REQUESTS = [0x5412, 0x541c];

const EPERM = 1;
const ENOSYS = 38;
const ALLOW = 0x7fff0000;
const failWith = (errorNumber: number): number => 0x00050000 | errorNumber;

// Operations of linux/bpf_common.h: load a word of the call's description, jump, return.
const LOAD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_AT_LEAST = 0x35;
const JUMP_IF_ANY_BIT = 0x45;
const RETURN = 0x06;
// Where struct seccomp_data has its fields; of an argument the lower half, on little-endian processors.
const CALL_NUMBER = 0;
const CALL_ARCH = 4;
const argumentOffset = (argumentIndex: number): number => 16 + 8 * argumentIndex;

type Instruction = readonly [operation: number, ifTrue: number, ifFalse: number, operand: number];

export interface FilterOptions {
  /** Refuse System V shared memory, which nobody outside the sandbox can count. */
  readonly deniesSharedSegments?: boolean;
}

export const hasFilterFor = (processorArch: string): processorArch is FilterArch => processorArch in ARCH_NUMBERS;

/** The number of keyctl by the name of Node for the processor, for a probe. */
export const KEYCTL_NUMBERS: Readonly<Record<string, number | undefined>> = {
  x64: ARCH_NUMBERS.x64.numbers.keyctl,
  arm64: ARCH_NUMBERS.arm64.numbers.keyctl,
};

/** The program as the kernel takes it: eight bytes for an instruction, little-endian. */
export function buildSeccompFilter(processorArch: FilterArch, options: FilterOptions = {}): Buffer {
  const { audit, foreignFrom, numbers } = ARCH_NUMBERS[processorArch];
  const refused = Object.entries(numbers).filter(([callName]) => !JUDGED_BY_ARGUMENT.includes(callName));
  const instructions: Instruction[] = [
    [LOAD, 0, 0, CALL_ARCH],
    [JUMP_IF_EQUAL, 1, 0, audit],
    [RETURN, 0, 0, failWith(EPERM)],
    [LOAD, 0, 0, CALL_NUMBER],
    ...(foreignFrom === undefined ? [] : returnIf(JUMP_IF_AT_LEAST, foreignFrom, failWith(EPERM))),
    ...refused.flatMap(([, callNumber]) => returnIf(JUMP_IF_EQUAL, callNumber, failWith(EPERM))),
    // The flags of clone3 lie in memory, where a filter cannot look. C libraries fall back to clone.
    ...returnIf(JUMP_IF_EQUAL, numbers.clone3!, failWith(ENOSYS)),
    ...(options.deniesSharedSegments ? returnIf(JUMP_IF_EQUAL, numbers.shmget!, failWith(ENOSYS)) : []),
    ...judgeArgument(numbers.clone!, 0, returnIf(JUMP_IF_ANY_BIT, NEW_NAMESPACE_FLAGS, failWith(EPERM))),
    ...judgeArgument(numbers.unshare!, 0, returnIf(JUMP_IF_ANY_BIT, NEW_NAMESPACE_FLAGS, failWith(EPERM))),
    ...judgeArgument(
      numbers.ioctl!,
      1,
      TERMINAL_INPUT_REQUESTS.flatMap((request) => returnIf(JUMP_IF_EQUAL, request, failWith(EPERM))),
    ),
    [RETURN, 0, 0, ALLOW],
  ];
  return Buffer.concat(instructions.map(encodeInstruction));
}

/** Return `answer` where the loaded word passes the test, else go on. */
const returnIf = (test: number, operand: number, answer: number): readonly Instruction[] => [
  [test, 0, 1, operand],
  [RETURN, 0, 0, answer],
];

/** For one call: load an argument, apply `tests` to it, and allow the call where none of them returned. */
function judgeArgument(
  callNumber: number,
  argumentIndex: number,
  tests: readonly Instruction[],
): readonly Instruction[] {
  return [
    [JUMP_IF_EQUAL, 0, tests.length + 2, callNumber],
    [LOAD, 0, 0, argumentOffset(argumentIndex)],
    ...tests,
    [RETURN, 0, 0, ALLOW],
  ];
}

function encodeInstruction([operation, ifTrue, ifFalse, operand]: Instruction): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(operation, 0);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(operand >>> 0, 4);
  return bytes;
}
