/** The table of which proposer and which model brings how much, for reports and the dashboard. */
import type { ProposerStanding } from '../view/standing-types.ts';

export const STANDING_TITLE = 'Which proposer brings how much';
export const STANDING_HEADINGS = [
  'proposer (model)',
  'ideas',
  'refused (repeats)',
  'measured',
  'steps',
  'confirmed',
  'confirmed gain',
  'gain per dollar',
  'per hour of measuring',
  'per hour of work',
  'per million tokens',
] as const;

export const standingCells = (row: ProposerStanding): string[] => [
  row.model === undefined ? row.proposer : `${row.proposer} (${row.model})`,
  String(row.ideas),
  row.duplicates > 0 ? `${row.refused} (${row.duplicates})` : String(row.refused),
  String(row.measured),
  row.keptText,
  String(row.confirmed),
  row.gainText,
  row.perDollar.text,
  row.perMeasuringHour.text,
  row.perWallHour.text,
  row.perMillionTokens.text,
];

/** One proposer alone is not compared with anybody, unless its models are. */
export const isStandingShown = (rows: readonly ProposerStanding[]): boolean => rows.length > 1;
