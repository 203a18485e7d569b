/** Divides a machine into places for measurements: by the arena's `resources` and by what the machine has. */
import { LabError } from '../base/error.ts';
import type { Arena } from '../core/arena.ts';
import type { Place } from '../loop/places.ts';
import type { MachineShape } from '../os/machine.ts';
import { type GpuShare, mergeShares } from '../base/gpus.ts';

/** How many measurements at once a person asked for. */
export type SlotsWanted = number | 'auto';

export interface ChosenPlaces {
  readonly places: readonly Place[];
  /** What a person should know: that places share what they should have alone. */
  readonly remark?: string;
}

/** Share of the free memory that measurements may have together. */
const MEMORY_SHARE = 0.9;
/** More than this on one machine is a mistake of typing. */
export const MAX_SLOTS = 1024;

type Needs = Pick<Arena, 'resources' | 'evaluate'>;

/** Throws E_USAGE where so many cannot be had. `wanted` undefined: one, in turn. */
export function choosePlaces(arena: Needs, wanted: SlotsWanted | undefined, machine: MachineShape): ChosenPlaces {
  const { resources } = arena;
  const count = wanted === 'auto' ? countThatFit(arena, machine) : (wanted ?? 1);
  if (count > 1 && resources.exclusive) throw exclusiveError(count);
  if (count === 1) return { places: [{ slot: 0, cores: coresInTurn(resources.cpus, machine.coreGroups.flat()) }] };
  const shares = gpuSharesFor(arena, count, machine);
  const pinned = pinAll(arena, count, machine.coreGroups);
  const places = Array.from({ length: count }, (_, slot): Place => ({
    slot,
    cores: pinned?.[slot] ?? { candidate: [], evaluator: [] },
    ...(shares && { gpuShare: shares[slot]! }),
  }));
  const remark = wanted === 'auto' ? undefined : remarkOn(arena, count, machine, pinned !== undefined);
  return remark === undefined ? { places } : { places, remark };
}

/** As many as have cores, memory and GPUs of their own, with a core left for the harness. */
function countThatFit({ resources, evaluate }: Needs, { coreGroups, memoryMb, gpuShares }: MachineShape): number {
  if (resources.exclusive) return 1;
  const byCores = Math.floor((coreGroups.flat().length - 1) / coresOfPlace({ resources, evaluate }));
  const byMemory = Math.floor((MEMORY_SHARE * memoryMb) / resources.memory_mb);
  const byGpus = resources.gpus > 0 ? Math.floor(gpuShares().length / resources.gpus) : Infinity;
  return Math.min(MAX_SLOTS, Math.max(1, Math.min(byCores, byMemory, byGpus)));
}

/** An evaluator that runs beside the candidate has a core that is not the candidate's. */
const coresOfPlace = ({ resources, evaluate }: Needs): number => resources.cpus + (evaluate?.join === 'pipe' ? 1 : 0);

/** One place: the last cores for the candidate, others for an evaluator beside it; no pinning where all are needed. */
function coresInTurn(cpuCount: number, coresOfGroups: readonly number[]): Place['cores'] {
  const allCores = [...coresOfGroups].sort((left, right) => left - right);
  if (cpuCount >= allCores.length) return { candidate: [], evaluator: [] };
  const otherCores = allCores.slice(0, -cpuCount);
  return { candidate: allCores.slice(-cpuCount), evaluator: otherCores.slice(-cpuCount) };
}

/**
 * Cores for each place, all of one group where a group has enough left. The first core of all is the harness's.
 * Undefined where there are too few: then nobody is held to any.
 */
function pinAll(arena: Needs, count: number, coreGroups: MachineShape['coreGroups']): Place['cores'][] | undefined {
  const { cpus } = arena.resources;
  const perPlace = coresOfPlace(arena);
  const [harnessCore] = coreGroups.flat();
  const left = coreGroups.map((group) => group.filter((core) => core !== harnessCore));
  if (left.flat().length < count * perPlace) return undefined;
  return Array.from({ length: count }, () => {
    const group = left.findLast((cores) => cores.length >= perPlace);
    const own = group ? group.splice(-perPlace) : Array.from({ length: perPlace }, () => takeLast(left));
    // An evaluator that runs afterwards has the cores of its candidate.
    return { candidate: own.slice(-cpus), evaluator: perPlace > cpus ? own.slice(0, -cpus) : own };
  });
}

/** A core of whichever group has one left; the caller has counted them. */
const takeLast = (groups: number[][]): number => groups.findLast((cores) => cores.length > 0)!.pop()!;

function gpuSharesFor({ resources }: Needs, count: number, machine: MachineShape): readonly GpuShare[] | undefined {
  if (resources.gpus === 0) return undefined;
  const shares = machine.gpuShares();
  const needed = count * resources.gpus;
  if (shares.length < needed)
    throw new LabError('E_USAGE', {
      what: `${count} measurements cannot run at once.`,
      why: `arena.yaml says \`resources.gpus: ${resources.gpus}\`, so they need ${needed} GPUs, and this machine shows ${shares.length}.`,
      next: 'Give a smaller number, or `--slots auto`.',
    });
  return Array.from({ length: count }, (_, slot) =>
    mergeShares(shares.slice(slot * resources.gpus, (slot + 1) * resources.gpus)),
  );
}

function remarkOn(arena: Needs, count: number, { coreGroups, memoryMb }: MachineShape, isPinned: boolean) {
  const cores = coreGroups.flat().length;
  const memory = count * arena.resources.memory_mb;
  const parts = [
    ...(isPinned ? [] : [`${count} places need ${count * coresOfPlace(arena) + 1} cores, and there are ${cores}`]),
    ...(memory > memoryMb
      ? [`together they may use ${memory} MB of memory, and ${Math.floor(memoryMb)} MB are free`]
      : []),
  ];
  if (parts.length === 0) return undefined;
  return `Measurements share what they should have alone: ${parts.join('; ')}. What they measure in time is noisier so.`;
}

function exclusiveError(count: number): LabError {
  return new LabError('E_USAGE', {
    what: `${count} measurements cannot run at once.`,
    why: 'arena.yaml says `resources.exclusive: true`: its measurements disturb each other.',
    next: 'Leave out --slots, or take `exclusive` out of the manifest if its numbers do not depend on neighbours.',
  });
}
