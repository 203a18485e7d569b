/**
 * What people see of a lab, as plain JSON: raw numbers beside the text that every surface prints. `--json`, report,
 * dashboard and terminal all get these objects. Types only.
 */
import type { HealthView } from './health-types.ts';
import type { CalibrationView } from './calibration-types.ts';
import type { ProposerStanding } from './standing-types.ts';
import type { RefusalCode } from '../core/event.ts';
import type { Verdict } from '../core/decision.ts';
import type { TrustGrade } from '../core/trust-grade.ts';
import type { PhaseView, SecondaryView } from './detail-types.ts';
import type { EconomicsView, LimitsView, SessionView, TimeView } from './cost-types.ts';
import type { FormattedNumber } from './format.ts';

/** What a lab's ledger does not say. */
export interface Facts {
  /** ISO time of the reader. */
  readonly now: string;
  /** Does a living process hold the lab? */
  readonly alive: boolean;
  /** SHA-256 of the ledger's last line. */
  readonly tip: string;
  /** Why the ledger could only be read up to a point. */
  readonly ledgerProblem?: string;
  /** The reader's clock: minutes east of UTC. Absent = UTC. */
  readonly zoneMinutes?: number;
  /** Seconds of silence that the reader calls a stall. Absent: what measurements of this lab take tells. */
  readonly patienceS?: number;
}

export type LabStateKind =
  'never run' | 'running' | 'stalled' | 'finished' | 'stopped on budget' | 'stopped by person' | 'died' | 'broken';

export interface StateView {
  readonly kind: LabStateKind;
  /** `died after 02:31 because …`; what it does now while running. */
  readonly text: string;
  readonly at?: string;
  /** The ledger itself is damaged: what is shown ends at its last good line, and nothing may be asked of the lab. */
  readonly isRecordDamaged?: true;
}

/** How sure it is that an experiment is better than what it grew from. */
export type Standing =
  /**
   * A confirmation passed at this experiment; under the second rules: in a confirmed stack, and clearly better by its
   * own evidence too.
   */
  | 'confirmed'
  /** Kept below a confirmed one: confirmed together with it, not alone. */
  | 'in stack'
  | 'unconfirmed'
  /** Fresh measurements did not show it to be better. */
  | 'not shown'
  /** Not kept: nothing to confirm. */
  | 'none';

export interface EffectView {
  /** Improvement in metric units, positive = better. */
  readonly raw: number;
  /** Change of the metric with its sign, as in `−0.0072`. */
  readonly delta: string;
  /** Which way the words say it: none where the number shown is zero. */
  readonly direction: 'better' | 'worse' | 'none';
  /** In words and with its interval, as in `better by 0.0072 (95 %: 0.0068 to 0.0076)`. */
  readonly text: string;
  /** In words, without the interval: `better by 0.0072`, `worse by 0.0072`, `no difference`. */
  readonly words: string;
  /** Without a direction: `0.0072`, with its unit. */
  readonly amountText: string;
  /** Positive = better. */
  readonly interval?: readonly [number, number];
  /** `0.0068 to 0.0076`, in the direction of the words: an effect that is worse has the interval of how much worse. */
  readonly intervalText?: string;
  /** Half of the 95 % interval. */
  readonly half?: FormattedNumber;
  /** `2.0 %` of the baseline, without a direction. */
  readonly percentText?: string;
  /** `1.9 to 2.1 %`, in the direction of the words. */
  readonly percentIntervalText?: string;
  /** `better by 2.0 %`. */
  readonly percentWords?: string;
  /** How probable it is that the effect is an improvement at all. */
  readonly probability?: number;
}

export type RowVerdict = 'baseline' | 'running' | 'waiting' | Verdict;

export interface ExperimentView {
  readonly n: number;
  readonly verdict: RowVerdict;
  readonly standing: Standing;
  readonly mean?: FormattedNumber;
  /** Half of the 95 % interval of the mean. */
  readonly half?: FormattedNumber;
  readonly effect?: EffectView;
  /** Of a kept one: its shrunken effect, without the winner's curse of the best of many. */
  readonly shrunken?: EffectView;
  /** `93.1 %`, of the shrunken effect where there is one. */
  readonly chance?: string;
  /** Of a kept one that was measured again since: its mean when it was decided. Absent where that is its mean now. */
  readonly asDecided?: FormattedNumber;
  /** The confirmed best: what the report claims. */
  readonly isChampion?: true;
  /** Measurements behind the mean. */
  readonly replicates: number;
  /** Finished measurements, failed and screening ones among them. */
  readonly measurements: number;
  /** Short name that its proposer gave it. */
  readonly title?: string;
  readonly hypothesis: string;
  readonly proposer: string;
  readonly why?: string;
  readonly knobs?: Readonly<Record<string, number | string>>;
  /** Knobs that differ from the parent's: `X 0 → 1.2`. */
  readonly changed: readonly { readonly name: string; readonly from?: string; readonly to: string }[];
  /** What a dead end is grouped by. */
  readonly theme: string;
  readonly parent: number;
  readonly against?: number;
  /** The idea that this one is, carried over to the incumbent of its time. */
  readonly carries?: number;
  /** The newest experiment that it was carried over as. */
  readonly carriedAs?: number;
  /** A step that is not in the best code any more. */
  readonly isLost?: true;
  /** Its place in the stack in words, where number and verdict do not tell it. */
  readonly place?: string;
  readonly added: number;
  readonly deleted: number;
  /** `+4 −2`. */
  readonly lines: string;
  readonly durationS: number;
  readonly duration: string;
  readonly reason: string;
  readonly rule?: string;
  /** Why a discard was discarded: refuted, within noise, constraint, no-op, control. */
  readonly discard?: string;
  readonly failure?: string;
  readonly refusal?: RefusalCode;
  readonly at: string;
  /** Seconds of work before it, gaps between sessions left out. */
  readonly workedS: number;
  readonly commit?: string;
  /** Measured on another device class than the lab's newest session: not comparable. */
  readonly otherDevice: boolean;
  /** Money that asking for it cost, where prices are known. */
  readonly costUsd?: number;
  readonly cost?: string;
  /** A person marked it. */
  readonly isStarred?: true;
  /** What people wrote about it, oldest first; absent when nobody did. */
  readonly notes?: readonly NoteView[];
  /** The evaluator's other numbers. In `overnight log --json` alone. */
  readonly secondary?: readonly SecondaryView[];
  /** Where the time of its measurements went. In `overnight log --json` alone. */
  readonly phases?: readonly PhaseView[];
}

/** A commit that stands for something: baseline, incumbent, champion. */
export interface StandingView {
  readonly n: number;
  readonly title: string;
  readonly mean?: FormattedNumber;
  readonly half?: FormattedNumber;
  readonly replicates: number;
}

/** How often the unchanged code would have been kept: the live estimate of false keeps. */
export interface FalseKeepView {
  /** A/A controls that were decided. */
  readonly decided: number;
  /** Those of them that the rule would have kept. */
  readonly wouldKeep: number;
  /** 95 % interval of the share. Absent where no control was decided. */
  readonly range?: readonly [number, number];
  readonly short: string;
  readonly text: string;
}

/** One judged claim: what a confirmation found. */
export interface ClaimView {
  readonly n: number;
  readonly against: number;
  readonly passed: boolean;
  readonly effect: EffectView;
  /** How many fresh measurements: its own, the other side's. */
  readonly fresh: readonly [number, number];
  readonly text: string;
  readonly reason: string;
}

/** From the baseline to what the report claims. */
export interface GainView {
  readonly effect: EffectView;
  readonly text: string;
}

export type VerdictOutcome =
  'nothing yet' | 'calibrating' | 'confirmed' | 'contradicted' | 'unconfirmed' | 'not shown' | 'nothing better';

export interface VerdictView {
  /** `contradicted`: fresh measurements confirm it, the holdout does not. */
  readonly outcome: VerdictOutcome;
  readonly sentence: string;
  /** The sentence without what the holdout said, where it said something: the only one for a proposer. */
  readonly validation?: string;
  /** The best number with its standing, short: `0.9777 ± 0.0004 (−2.0 %), confirmed`. */
  readonly headline: string;
  /** While the noise is measured: the share of its repeats that is done. */
  readonly progress?: number;
}

export interface NoiseView {
  readonly sigma: FormattedNumber;
  readonly dof: number;
  /** Smallest gain that a session like this one confirms in four of five cases: margin and claim together. */
  readonly detectable: FormattedNumber;
  /** The same with three times as many measurements of each idea and each claim. */
  readonly detectable3: FormattedNumber;
  readonly text: string;
  /** What smaller effects would cost to resolve. Absent without noise. */
  readonly cost?: string;
  readonly warnings: readonly string[];
}

export interface CountsView {
  readonly tried: number;
  readonly kept: number;
  readonly discarded: number;
  readonly inconclusive: number;
  readonly crashed: number;
  readonly timedOut: number;
  readonly refused: number;
  readonly open: number;
  /** `142 tried · 11 kept · 96 discarded …`, zeros left out. */
  readonly text: string;
  /** The same without how many were tried: `11 kept · 96 discarded …`. */
  readonly detail: string;
}

/** One confirmed segment of the lineage, or the unconfirmed rest: the steps in it, oldest first. */
export interface SegmentView {
  readonly claim?: ClaimView;
  readonly steps: readonly number[];
}

export interface UndecidedView {
  readonly n: number;
  readonly what: string;
  readonly effect?: EffectView;
  /** Further measurements. Absent where no affordable number settles it. */
  readonly measurements?: number;
  /** How many that are and how long they take, or why there is no price. */
  readonly cost: string;
}

export interface ThemeView {
  readonly theme: string;
  readonly tried: number;
  readonly refuted: number;
  readonly withinNoise: number;
  readonly failed: number;
  readonly inconclusive: number;
  readonly text: string;
  /** The least bad one that was measured. */
  readonly best?: number;
  readonly experiments: readonly number[];
}

/** Words of a person, with the reader's date. */
export interface NoteView {
  readonly at: string;
  readonly from: string;
  readonly text: string;
}

export interface NowView {
  /** Its curve beside the incumbent's at the same step, where it writes one. */
  readonly said?: string;
  readonly m: number;
  readonly n: number;
  readonly purpose: string;
  readonly startedAt: string;
  readonly elapsedS: number;
  readonly text: string;
}

/** A knob as the manifest declares it. */
export interface KnobView {
  readonly name: string;
  /** `number` also where all choices are numbers. */
  readonly kind: 'number' | 'choice';
  /** Declared to be searched on a logarithmic scale. */
  readonly log?: true;
}

export interface LabView {
  readonly arena: string;
  readonly description?: string;
  readonly tag: string;
  readonly metric: {
    readonly name: string;
    readonly unit: string;
    readonly direction: 'minimize' | 'maximize';
    readonly arrow: '↓' | '↑';
    readonly decimals: number;
  };
  readonly trust: { readonly grade: TrustGrade; readonly reason: string };
  readonly state: StateView;
  readonly verdict: VerdictView;
  readonly baseline?: StandingView;
  readonly incumbent?: StandingView;
  readonly champion?: StandingView;
  readonly gain?: GainView;
  /** What the gain means to people of the field, in the arena’s own sentence. */
  readonly plainWords?: string;
  readonly claims: readonly ClaimView[];
  readonly noise?: NoiseView;
  readonly luck: FalseKeepView;
  readonly sinceBest: {
    readonly experiments: number;
    readonly seconds: number;
    readonly text: string;
    /** In words: `31 experiments, 4 h 10 min`. */
    readonly long: string;
  };
  readonly counts: CountsView;
  /** How well each proposer knows what its ideas bring; empty where none stated an effect. */
  readonly calibration: readonly CalibrationView[];
  /** Which proposer and model brings how much, the one with the largest confirmed gain first. */
  readonly standings: readonly ProposerStanding[];
  readonly refusals: readonly { readonly code: RefusalCode; readonly count: number }[];
  readonly crashes: readonly { readonly class: string; readonly count: number }[];
  readonly time: TimeView;
  readonly spend: {
    /** What it cost, in a sentence. */
    readonly text: string;
    /** In a word or two: `$0.27, 7 h 05 min`. */
    readonly short: string;
  };
  readonly economics: EconomicsView;
  readonly limits: LimitsView;
  readonly budget: {
    /** Training clock of one measurement. */
    readonly seconds: number;
    /** What that clock counts, in words that follow a number of seconds; empty for the wall. */
    readonly countsWords: string;
    /** Seconds of the wall that the training clock is expected to take. */
    readonly expectedS: number;
    /** Hard limit of one measurement. */
    readonly wallS: number;
  };
  readonly now: readonly NowView[];
  /** A person asked for no new ideas. */
  readonly paused: boolean;
  /** Instructions of people that are active for the proposer. */
  readonly steering: readonly NoteView[];
  /** Which agent is asked for an idea just now. */
  readonly thinking?: string;
  /** Knobs that the arena declares. */
  readonly knobs: number;
  readonly knobList: readonly KnobView[];
  readonly experiments: readonly ExperimentView[];
  /** Kept experiments from the baseline to the incumbent. */
  readonly lineage: readonly number[];
  readonly segments: readonly SegmentView[];
  readonly deadEnds: readonly ThemeView[];
  readonly undecided: readonly UndecidedView[];
  readonly sessions: readonly SessionView[];
  readonly health: readonly HealthView[];
  readonly next: readonly string[];
  /** Ideas that proposers suggested and nobody has tried yet, the newest first. */
  readonly ideas: readonly { readonly n: number; readonly text: string }[];
  /** Show, apply, check: commands with what they do. */
  readonly take: readonly { readonly command: string; readonly what: string }[];
  /** What people wrote about the whole lab. */
  readonly notes: readonly NoteView[];
  readonly finePrint: readonly { readonly label: string; readonly text: string }[];
  readonly tip: string;
  readonly madeAt: string;
}
