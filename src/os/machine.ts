/** What this machine is: the device class that makes two measurements comparable, and a line about it for people. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import { sha256Hex } from '../base/hash.ts';
import { type GpuShare, sharesOf } from '../base/gpus.ts';
import { readText } from './files.ts';
import { listGpus } from './gpus.ts';
import { captureSync } from './spawn.ts';

export interface Device {
  /**
   * Numbers of equal classes are comparable. Stands for the processor, the cores given and the accelerators, not for
   * versions of software.
   */
  readonly class: string;
  readonly description: string;
  /** Cores this process may use. */
  readonly cores: number;
}

/** Numbers of the cores this process may run on. */
export function allowedCores(): number[] {
  const coreList = /^Cpus_allowed_list:\s*(\S+)/m.exec(readText('/proc/self/status') ?? '')?.[1];
  if (!coreList) return Array.from({ length: os.availableParallelism() }, (_, i) => i);
  return parseCoreList(coreList);
}

/** Text such as `0-3,8` as numbers. */
function parseCoreList(coreList: string): number[] {
  return coreList.split(',').flatMap((coreRange) => {
    if (!/^\d+(-\d+)?$/.test(coreRange)) return [];
    const [firstCore, lastCore] = coreRange.split('-').map(Number);
    return Array.from({ length: (lastCore ?? firstCore!) - firstCore! + 1 }, (_, i) => firstCore! + i);
  });
}

/** One-minute load average; 0 where the system has none. */
export const loadAverage = (): number => Math.round((os.loadavg()[0] ?? 0) * 100) / 100;

export const hostName = (): string => os.hostname();

/** What of this machine measurements can have. */
export interface MachineShape {
  /** Cores that this process may use, in groups that share their memory (NUMA nodes). */
  readonly coreGroups: readonly (readonly number[])[];
  /** MiB that are free. */
  readonly memoryMb: number;
  /** GPUs, or slices of them; asked for only when it is called. */
  readonly gpuShares: () => readonly GpuShare[];
}

export function readMachineShape(): MachineShape {
  const cores = allowedCores();
  const nodes = numaNodes().map((node) => node.filter((core) => cores.includes(core)));
  const grouped = new Set(nodes.flat());
  const others = cores.filter((core) => !grouped.has(core));
  return {
    coreGroups: [...nodes, others].filter((group) => group.length > 0),
    memoryMb: freeMemoryMb(),
    gpuShares: () => sharesOf(listGpus()),
  };
}

/** Cores of each NUMA node; empty where the system has none to tell. */
function numaNodes(): number[][] {
  const nodesDir = '/sys/devices/system/node';
  const nodeNames = fs.existsSync(nodesDir) ? fs.readdirSync(nodesDir).filter((name) => /^node\d+$/.test(name)) : [];
  return nodeNames.map((name) => parseCoreList(readText(`${nodesDir}/${name}/cpulist`)?.trim() ?? ''));
}

/** Page cache counts as free. */
function freeMemoryMb(): number {
  const availableKb = /^MemAvailable:\s*(\d+)/m.exec(readText('/proc/meminfo') ?? '')?.[1];
  return (availableKb === undefined ? os.freemem() / 1024 : Number(availableKb)) / 1024;
}

/** Describe the machine for an arena that gets `cpuCount` cores and `gpuCount` accelerators, in `slots` places. */
export function describeDevice(cpuCount: number, gpuCount: number, slots = 1): Device {
  const processorModel = (os.cpus()[0]?.model ?? 'unknown processor').replace(/\s+/g, ' ').trim();
  const availableCores = os.availableParallelism();
  const usedCores = Math.min(cpuCount, availableCores);
  const accelerators = gpuCount > 0 ? listGpuClasses().slice(0, gpuCount) : [];
  const deviceParts = [
    `${process.platform}-${process.arch}`,
    processorModel,
    `${usedCores} of ${availableCores} cores`,
    ...accelerators,
    // Neighbours change numbers and noise, so those of another number of places do not compare.
    ...(slots > 1 ? [`${slots} at once`] : []),
  ];
  return {
    class: sha256Hex(deviceParts.join('|')).slice(0, 12),
    description: deviceParts.slice(1).join(', '),
    cores: availableCores,
  };
}

/** GPU name and power cap, one string each; empty where nvidia-smi is missing. */
function listGpuClasses(): string[] {
  const smiResult = captureSync('nvidia-smi', ['--query-gpu=name,power.limit', '--format=csv,noheader'], {
    timeoutMs: 5000,
  });
  return smiResult.status === 0 ? smiResult.stdout.trim().split('\n').filter(Boolean) : [];
}
