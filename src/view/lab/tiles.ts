/** The first figures of a lab, one tile each: a large word or number, and a small note. Pure. */
import { formatDollars, formatInteger } from '../format.ts';
import type { LabStateKind, LabView, VerdictOutcome } from '../types.ts';

export interface Tile {
  readonly name: string;
  readonly value: string;
  readonly note: string;
  readonly tone: 'good' | 'doubt' | 'bad' | 'calm';
}

const REALITY: Readonly<Record<VerdictOutcome, readonly [string, Tile['tone']]>> = {
  confirmed: ['confirmed', 'good'],
  contradicted: ['not by the holdout', 'bad'],
  unconfirmed: ['not tested yet', 'doubt'],
  'not shown': ['not shown', 'doubt'],
  'nothing better': ['nothing to confirm', 'calm'],
  'nothing yet': ['nothing measured', 'calm'],
  calibrating: ['calibrating', 'calm'],
};

const STATE_TONES: Readonly<Record<LabStateKind, Tile['tone']>> = {
  'never run': 'calm',
  running: 'good',
  stalled: 'bad',
  finished: 'calm',
  'stopped on budget': 'calm',
  'stopped by person': 'calm',
  died: 'bad',
  broken: 'bad',
};

/** Does it run, how good is the best, by how much, is that real, how much was tried, what did it cost. */
export function tilesOf(view: LabView): Tile[] {
  if (!view.baseline?.mean) return [];
  const { champion, incumbent, baseline } = view;
  const best = champion && champion.n > 0 ? champion : (incumbent ?? baseline);
  return [
    stateTile(view),
    {
      name: best.n > 0 ? `Best, #${best.n}` : 'Baseline',
      value: best.mean?.text ?? '–',
      note: best.half ? `± ${best.half.text} (95 %)` : '',
      tone: 'calm',
    },
    gainTile(view),
    realityTile(view),
    ...(view.counts.tried > 0
      ? [{ name: 'Tried', value: formatInteger(view.counts.tried), note: triedNote(view), tone: 'calm' as const }]
      : []),
    costTile(view),
  ];
}

/** How many steps are expected to be false belongs beside how many there are. */
function triedNote({ counts, health }: LabView): string {
  const falseSteps = health.find(({ code }) => code === 'false-keeps');
  const falseText =
    falseSteps && `${falseSteps.text.replace(/[,:].*/, '')} ${counts.kept === 1 ? 'step' : 'steps'} may be false`;
  return [falseText, counts.detail].filter(Boolean).join('; ');
}

function stateTile({ state }: LabView): Tile {
  const note = state.text.startsWith(state.kind) ? state.text.slice(state.kind.length).replace(/^:? /, '') : state.text;
  return { name: 'State', value: state.kind, note, tone: STATE_TONES[state.kind] };
}

function gainTile({ gain, baseline }: LabView): Tile {
  const from = `baseline ${baseline!.mean!.text}`;
  if (!gain) return { name: 'Gain', value: 'none confirmed', note: from, tone: 'calm' };
  const { percentText, amountText, percentIntervalText, intervalText } = gain.effect;
  const range = percentIntervalText ?? intervalText;
  return {
    name: 'Gain',
    value: percentText ?? amountText,
    note: range === undefined ? from : `95 %: ${range}; ${from}`,
    tone: 'good',
  };
}

function realityTile({ verdict, trust }: LabView): Tile {
  const [value, tone] = REALITY[verdict.outcome];
  return {
    name: 'Is it real?',
    value,
    note: `${trust.grade}: ${trust.reason}`,
    tone: trust.grade === 'reported' ? 'bad' : tone,
  };
}

function costTile({ economics, time, spend }: LabView): Tile {
  const isPriced = economics.usd !== undefined;
  return {
    name: 'Cost',
    value: isPriced ? formatDollars(economics.usd!) : time.text.sessions,
    note: isPriced ? time.text.sessions : spend.text,
    tone: 'calm',
  };
}
