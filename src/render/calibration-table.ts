/** The table of what proposers expected and what was measured, for reports and the dashboard. */
import type { CalibrationView } from '../view/calibration-types.ts';

export const CALIBRATION_TITLE = 'Expected and measured';
export const CALIBRATION_HEADINGS = [
  'proposer',
  'ideas with a number, of those that stated an effect',
  'direction',
  'expected on average',
  'measured on average (95 %)',
] as const;

export const calibrationCells = (row: CalibrationView): string[] => [
  row.proposer,
  `${row.measured} of ${row.stated}`,
  row.signText || '–',
  row.expectedText || '–',
  row.measuredText || '–',
];
