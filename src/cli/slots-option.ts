/** `--slots N|auto` of `run` and `doctor`. */
import { MAX_SLOTS, type SlotsWanted } from '../app/choose-places.ts';
import { optionError } from './parse-options.ts';

/** Throws E_USAGE with the value seen. */
export function slotsFrom(text: string | undefined): SlotsWanted | undefined {
  if (text === undefined || text === 'auto') return text;
  const count = Number(text);
  if (text.trim() !== '' && Number.isInteger(count) && count >= 1 && count <= MAX_SLOTS) return count;
  throw optionError('slots', text, `a whole number from 1 to ${MAX_SLOTS}, or auto`, 'auto');
}
