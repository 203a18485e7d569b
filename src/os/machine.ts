/** What this machine is: the device class that makes two measurements comparable, and a line about it for people. */
import * as os from 'node:os';
import { sha256Hex } from '../base/hash.ts';
import { readText } from './files.ts';
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
  return coreList.split(',').flatMap((coreRange) => {
    const [firstCore, lastCore] = coreRange.split('-').map(Number);
    return Array.from({ length: (lastCore ?? firstCore!) - firstCore! + 1 }, (_, i) => firstCore! + i);
  });
}

/** One-minute load average; 0 where the system has none. */
export const loadAverage = (): number => Math.round((os.loadavg()[0] ?? 0) * 100) / 100;

export const hostName = (): string => os.hostname();

/** Describe the machine for an arena that gets `cpuCount` cores and `gpuCount` accelerators. */
export function describeDevice(cpuCount: number, gpuCount: number): Device {
  const processorModel = (os.cpus()[0]?.model ?? 'unknown processor').replace(/\s+/g, ' ').trim();
  const availableCores = os.availableParallelism();
  const usedCores = Math.min(cpuCount, availableCores);
  const accelerators = gpuCount > 0 ? listGpus().slice(0, gpuCount) : [];
  const deviceParts = [
    `${process.platform}-${process.arch}`,
    processorModel,
    `${usedCores} of ${availableCores} cores`,
    ...accelerators,
  ];
  return {
    class: sha256Hex(deviceParts.join('|')).slice(0, 12),
    description: deviceParts.slice(1).join(', '),
    cores: availableCores,
  };
}

/** GPU name and power cap, one string each; empty where nvidia-smi is missing. */
function listGpus(): string[] {
  const smiResult = captureSync('nvidia-smi', ['--query-gpu=name,power.limit', '--format=csv,noheader'], {
    timeoutMs: 5000,
  });
  return smiResult.status === 0 ? smiResult.stdout.trim().split('\n').filter(Boolean) : [];
}
