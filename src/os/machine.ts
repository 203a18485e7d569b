/** What this machine is: the device class that makes two measurements comparable, and a line about it for people. */
import * as os from 'node:os';
import { sha256 } from '../base/hash.ts';
import { readText } from './files.ts';
import { captureSync } from './spawn.ts';

export interface Device {
  /**
   * Equal class, comparable numbers. Names the processor, the cores given, the accelerators; not versions of software.
   */
  readonly class: string;
  readonly description: string;
  /** Cores this process may use. */
  readonly cores: number;
}

/** Numbers of the cores this process may run on. */
export function allowedCores(): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readText('/proc/self/status') ?? '')?.[1];
  if (!list) return Array.from({ length: os.availableParallelism() }, (_, i) => i);
  return list.split(',').flatMap((part) => {
    const [first, last] = part.split('-').map(Number);
    return Array.from({ length: (last ?? first!) - first! + 1 }, (_, i) => first! + i);
  });
}

/** One-minute load average; 0 where the system has none. */
export const loadAverage = (): number => Math.round((os.loadavg()[0] ?? 0) * 100) / 100;

export const hostName = (): string => os.hostname();

/** Describe the machine for an arena that gets `cpus` cores and `gpus` accelerators. */
export function describeDevice(cpus: number, gpus: number): Device {
  const model = (os.cpus()[0]?.model ?? 'unknown processor').replace(/\s+/g, ' ').trim();
  const cores = os.availableParallelism();
  const given = Math.min(cpus, cores);
  const accelerators = gpus > 0 ? listGpus().slice(0, gpus) : [];
  const parts = [`${process.platform}-${process.arch}`, model, `${given} of ${cores} cores`, ...accelerators];
  return { class: sha256(parts.join('|')).slice(0, 12), description: parts.slice(1).join(', '), cores };
}

/** GPU name and power cap, one string each; empty where nvidia-smi is missing. */
function listGpus(): string[] {
  const result = captureSync('nvidia-smi', ['--query-gpu=name,power.limit', '--format=csv,noheader'], {
    timeoutMs: 5000,
  });
  return result.status === 0 ? result.stdout.trim().split('\n').filter(Boolean) : [];
}
