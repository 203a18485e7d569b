import { describe, expect, it } from 'vitest';
import { LabError } from '../base/error.ts';
import { arenaWith } from '../testing/script.ts';
import { choosePlaces } from './choose-places.ts';

const shares = (count: number) =>
  Array.from({ length: count }, (_, number) => ({
    maker: 'nvidia' as const,
    visible: [String(number)],
    numbers: [number],
  }));
const machine = (coreGroups: readonly (readonly number[])[], memoryMb = 64_000, gpus = 0) => ({
  coreGroups,
  memoryMb,
  gpuShares: () => shares(gpus),
});
const cores = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const arena = (resources: object, more: object = {}) => arenaWith({ resources, ...more });
const joined = { evaluate: { command: 'judge', join: 'pipe' } };
const candidateCores = (chosen: ReturnType<typeof choosePlaces>) => chosen.places.map((place) => place.cores.candidate);
const refusal = (choose: () => unknown): string => {
  try {
    choose();
  } catch (thrown) {
    if (thrown instanceof LabError) return `${thrown.parts.what} ${thrown.parts.why} ${thrown.parts.next}`;
    throw thrown;
  }
  throw new Error('nothing was refused');
};

describe('one place', () => {
  it('has the last cores, an evaluator beside it others, and nobody is held to any where all are needed', () => {
    expect(choosePlaces(arena({ cpus: 2 }), undefined, machine([cores(0, 7)])).places).toEqual([
      { slot: 0, cores: { candidate: [6, 7], evaluator: [4, 5] } },
    ]);
    expect(choosePlaces(arena({ cpus: 8 }), 1, machine([cores(0, 7)])).places).toEqual([
      { slot: 0, cores: { candidate: [], evaluator: [] } },
    ]);
  });
});

describe('several places', () => {
  it('have cores of their own, none of them the first, which is the harness’s', () => {
    const chosen = choosePlaces(arena({ cpus: 2 }), 3, machine([cores(0, 7)]));
    const used = candidateCores(chosen).flat();
    expect(new Set(used).size).toBe(6);
    expect(used).not.toContain(0);
    expect(chosen.remark).toBeUndefined();
  });

  it('lie in one memory node each, as long as one has room', () => {
    const chosen = choosePlaces(arena({ cpus: 3 }), 4, machine([cores(0, 7), cores(8, 15)]));
    for (const own of candidateCores(chosen)) expect(new Set(own.map((core) => core >> 3)).size).toBe(1);
  });

  it('give an evaluator that runs beside the candidate a core that no candidate has', () => {
    const { places } = choosePlaces(arena({ cpus: 2 }, joined), 2, machine([cores(0, 7)]));
    const candidates = places.flatMap((place) => place.cores.candidate);
    const evaluators = places.flatMap((place) => place.cores.evaluator);
    expect(candidates).toHaveLength(4);
    expect(evaluators).toHaveLength(2);
    expect(candidates.filter((core) => evaluators.includes(core))).toEqual([]);
  });

  it('share cores and memory where a person wants more than there are, and it says so with the numbers', () => {
    const chosen = choosePlaces(arena({ cpus: 1, memory_mb: 4000 }), 16, machine([[0, 1]], 8000));
    expect(candidateCores(chosen)).toEqual(Array.from({ length: 16 }, () => []));
    expect(chosen.remark).toContain('16 places need 17 cores, and there are 2');
    expect(chosen.remark).toContain('64000 MB of memory, and 8000 MB are free');
  });

  it('are as many as have cores, memory and GPUs of their own with `auto`, and at least one', () => {
    const count = (resources: object, shape: ReturnType<typeof machine>, more = {}): number =>
      choosePlaces(arena(resources, more), 'auto', shape).places.length;
    expect(count({ cpus: 2 }, machine([cores(0, 15)]))).toBe(7);
    expect(count({ cpus: 2 }, machine([cores(0, 15)]), joined)).toBe(5);
    expect(count({ cpus: 1, memory_mb: 10_000 }, machine([cores(0, 15)], 40_000))).toBe(3);
    expect(count({ cpus: 1, gpus: 2 }, machine([cores(0, 63)], 1e6, 8))).toBe(4);
    expect(count({ cpus: 4 }, machine([[0, 1]]))).toBe(1);
    expect(count({ cpus: 1, exclusive: true }, machine([cores(0, 15)]))).toBe(1);
  });

  it('have GPUs of their own, and too few of them are an error that says how many', () => {
    const { places } = choosePlaces(arena({ gpus: 2 }), 2, machine([cores(0, 7)], 64_000, 4));
    expect(places.map(({ gpuShare }) => gpuShare!.visible)).toEqual([
      ['0', '1'],
      ['2', '3'],
    ]);
    const tooFew = refusal(() => choosePlaces(arena({ gpus: 1 }), 4, machine([cores(0, 7)], 64_000, 2)));
    expect(tooFew).toMatch(/they need 4 GPUs, and this machine shows 2.*--slots auto/);
  });

  it('are refused where the manifest says that measurements disturb each other', () => {
    const exclusive = arena({ exclusive: true });
    expect(refusal(() => choosePlaces(exclusive, 2, machine([cores(0, 7)])))).toContain('resources.exclusive: true');
    expect(choosePlaces(exclusive, 1, machine([cores(0, 7)])).places).toHaveLength(1);
  });
});
