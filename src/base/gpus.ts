/**
 * Accelerators as the tools of their makers tell them, and what of them one measurement may use: text to values, values
 * to variables. Pure; no tool is run here.
 */

export type GpuMaker = 'nvidia' | 'amd';

export interface Gpu {
  readonly maker: GpuMaker;
  /** Its number among the maker's, as device files and tools count. */
  readonly number: number;
  readonly model: string;
  /** A name that stays when others are hidden; absent where the tool does not say. */
  readonly uuid?: string;
  /** MiB; absent where the tool does not say. */
  readonly memoryMb?: number;
  /** Watts that it is held to; absent where the tool does not say. */
  readonly powerCapW?: number;
  /** Names of the slices that it is divided into (MIG). It is used by slices then. */
  readonly slices?: readonly string[];
}

/** Lines of `0, NVIDIA H100 80GB HBM3, 81559, 700.00, GPU-1b…`; what the driver does not know is `[N/A]`. */
export function parseNvidia(text: string): Gpu[] {
  return text.split('\n').flatMap((line) => {
    const [index, model, memory, power, uuid] = line.split(',').map((field) => field.trim());
    if (!/^\d+$/.test(index ?? '') || !model) return [];
    return [
      {
        maker: 'nvidia' as const,
        number: Number(index),
        model,
        ...measuresOf(Number(memory), Number(power)),
        ...(uuid?.startsWith('GPU-') && { uuid }),
      },
    ];
  });
}

/** `nvidia-smi -L`: a line for each GPU, and an indented one with the UUID for each slice of it. */
export function withSlices(gpus: readonly Gpu[], listing: string): Gpu[] {
  const slices = new Map<number, string[]>();
  let current = -1;
  for (const line of listing.split('\n')) {
    const gpuNumber = /^GPU (\d+):/.exec(line)?.[1];
    if (gpuNumber !== undefined) current = Number(gpuNumber);
    const slice = /^\s+MIG .*UUID: (MIG-[\w/-]+)\)/.exec(line)?.[1];
    if (slice !== undefined) slices.set(current, [...(slices.get(current) ?? []), slice]);
  }
  return gpus.map((gpu) => (slices.has(gpu.number) ? { ...gpu, slices: slices.get(gpu.number)! } : gpu));
}

/** An object with a key `card0` for each GPU; names of its fields differ between releases. Other text is nothing. */
export function parseAmd(text: string): Gpu[] {
  const cards = parseObject(text.slice(Math.max(0, text.indexOf('{'))));
  return Object.entries(cards).flatMap(([key, fields]) => {
    const cardNumber = /^card(\d+)$/.exec(key)?.[1];
    if (cardNumber === undefined || typeof fields !== 'object' || fields === null) return [];
    const fieldLike = (pattern: RegExp): string =>
      String(Object.entries(fields).find(([name]) => pattern.test(name))?.[1] ?? '');
    const model = fieldLike(/^card (series|model)$/i) || 'AMD GPU';
    const memoryMb = Number(fieldLike(/^VRAM Total Memory \(B\)$/i)) / (1 << 20);
    const powerCapW = Number(fieldLike(/^Max Graphics Package Power \(W\)$/i));
    return [{ maker: 'amd' as const, number: Number(cardNumber), model, ...measuresOf(memoryMb, powerCapW) }];
  });
}

const measuresOf = (memoryMb: number, powerCapW: number): Pick<Gpu, 'memoryMb' | 'powerCapW'> => ({
  ...(memoryMb > 0 && { memoryMb: Math.round(memoryMb) }),
  ...(powerCapW > 0 && { powerCapW }),
});

function parseObject(text: string): object {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

/** What one measurement may use: whole GPUs, or slices where they are divided. */
export interface GpuShare {
  readonly maker: GpuMaker;
  /** As the maker's library takes it in its variable: UUIDs, or numbers where none are known. */
  readonly visible: readonly string[];
  /** Numbers of the GPUs whose device files it needs. */
  readonly numbers: readonly number[];
}

/** All that can be given to one measurement, in order. */
export function sharesOf(gpus: readonly Gpu[]): GpuShare[] {
  return gpus.flatMap(({ maker, number, uuid, slices }) =>
    (slices ?? [uuid ?? String(number)]).map((visible) => ({ maker, visible: [visible], numbers: [number] })),
  );
}

/** Several shares as one. */
export const mergeShares = (shares: readonly GpuShare[]): GpuShare => ({
  maker: shares[0]!.maker,
  visible: shares.flatMap(({ visible }) => visible),
  numbers: [...new Set(shares.flatMap(({ numbers }) => numbers))],
});

/**
 * The variables that hold a process to its GPUs. Where the files of other devices are hidden, a library counts the
 * visible ones from 0, so numbers are given as places among them; UUIDs stay as they are. Those of other makers are
 * emptied, so that a program that knows several takes no other. Source: the environment variables documented for CUDA,
 * ROCm (HIP, ROCr) and Level Zero.
 */
export function gpuVariables({ maker, visible }: GpuShare, othersAreHidden: boolean): Readonly<Record<string, string>> {
  const isNumbered = visible.every((name) => /^\d+$/.test(name));
  const chosen = (othersAreHidden && isNumbered ? visible.map((_, place) => String(place)) : visible).join(',');
  return maker === 'nvidia'
    ? { CUDA_VISIBLE_DEVICES: chosen, HIP_VISIBLE_DEVICES: '', ZE_AFFINITY_MASK: '' }
    : { HIP_VISIBLE_DEVICES: chosen, CUDA_VISIBLE_DEVICES: '', ZE_AFFINITY_MASK: '' };
}

/** First number of AMD's render nodes below /dev/dri. */
const FIRST_RENDER_NODE = 128;

/** Is a device file below /dev one that a share may see: its own GPUs', or one that all of the maker's share? */
export function belongsToShare(deviceName: string, { maker, numbers }: GpuShare): boolean {
  const nvidiaNumber = /^nvidia(\d+)$/.exec(deviceName)?.[1];
  const cardNumber = /^dri\/card(\d+)$/.exec(deviceName)?.[1];
  const renderNumber = /^dri\/renderD(\d+)$/.exec(deviceName)?.[1];
  if (maker === 'nvidia') {
    if (nvidiaNumber !== undefined) return numbers.includes(Number(nvidiaNumber));
    return /^nvidia(ctl|-uvm|-uvm-tools|-modeset|-caps.*)$/.test(deviceName);
  }
  if (cardNumber !== undefined) return numbers.includes(Number(cardNumber));
  if (renderNumber !== undefined) return numbers.includes(Number(renderNumber) - FIRST_RENDER_NODE);
  return deviceName === 'kfd';
}
