/** What a drill works on and what it reports. Types only. */
import type { Proposer } from '../core/ports.ts';
import type { LabState } from '../core/state.ts';
import type { Lab } from '../loop/lab.ts';
import type { LabPaths } from '../os/paths.ts';

/** The parts of an open lab that a drill uses. */
export interface DrillLab {
  readonly lab: Lab;
  readonly state: LabState;
  readonly paths: LabPaths;
  close(): void;
}

export type OpenDrillLab = (options: {
  readonly folder: string;
  readonly tag: string;
  readonly proposer: Proposer;
  readonly calibrate: number;
  readonly seconds?: number;
  readonly limits: { readonly experiments: number };
  readonly command: string;
}) => Promise<DrillLab>;

export interface DrillLine {
  readonly arena: string;
  readonly cheat: string;
  readonly variant: 'first' | 'second' | 'honest twin';
  readonly ok: boolean;
  /** The outcome, in the words of the harness. */
  readonly text: string;
}
