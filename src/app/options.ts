/** What a caller gives to open a lab, and what it may listen to. */
import type { LedgerEvent } from '../core/event.ts';
import type { RunLimits } from '../core/session.ts';
import type { Proposer, Sandbox } from '../core/ports.ts';
import type { LabState } from '../core/state.ts';
import type { LabWatch } from '../loop/lab.ts';
import type { StageHost } from '../loop/stages.ts';
import type { LabPaths } from '../os/paths.ts';
import type { IdeaSources } from './choose-proposer.ts';
import type { SlotsWanted } from './choose-places.ts';

export interface OpenOptions {
  /** The arena's folder. */
  readonly folder: string;
  /** Name of the lab below the arena. Absent: the lab that was used last, else a name made of today's date. */
  readonly tag?: string;
  /**
   * What to stop at. `experiments` counts from now. Absent: what an interrupted session still had to do, else no limit.
   */
  readonly limits?: RunLimits;
  /** Repeats of the baseline, instead of the manifest's. Fixed when the lab is created. */
  readonly calibrate?: number;
  /** Measurements of each idea, instead of the manifest's `decide.replicates`. Fixed when the lab is created. */
  readonly replicates?: number;
  /** Seconds on the training clock, instead of the manifest's. Fixed when the lab is created. */
  readonly seconds?: number;
  /** Where ideas come from. Absent: `ideas`. */
  readonly proposer?: Proposer;
  /** Measurements that may run at once; `auto`: as many as have cores, memory and GPUs of their own. Absent: one. */
  readonly slots?: SlotsWanted;
  /** Calls of agents that may be under way at once. Absent: one. */
  readonly calls?: number;
  /** Agents to ask for ideas, in order of preference. Absent: the optimizer over knobs. */
  readonly ideas?: IdeaSources | ((sandbox: Sandbox) => Promise<IdeaSources>);
  readonly sandbox?: Sandbox;
  /** How this session was started, for the record. */
  readonly command?: string;
  readonly watch?: OpenWatch;
}

/** What a display may listen to. Its functions must not throw. */
export interface OpenWatch extends LabWatch, Pick<StageHost, 'onStage'> {
  readonly onOpen?: (openedLab: Opened) => void;
  readonly onEvent?: EventListener;
  /** Receives a change that is not in the ledger, in words: who is asked for ideas now. */
  readonly onRemark?: (remark: string) => void;
  /** Receives how many bytes of an earlier ledger are read. */
  readonly onReading?: (readBytes: number, totalBytes: number) => void;
  /** Receives the function that ends a running setup or prepare. */
  readonly onStageStart?: (killStage: () => void) => void;
}

/** Called after an event is on disk, with the state that includes it. Must not throw. */
export type EventListener = (event: LedgerEvent, state: LabState) => void;

export interface Opened {
  readonly tag: string;
  readonly paths: LabPaths;
  readonly state: LabState;
  /** True when the lab existed before. */
  readonly resumed: boolean;
}
