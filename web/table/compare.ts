/** The experiments that are chosen for the page that compares them. */
import { currentPlace, goTo } from '../url.ts';

/** More side by side cannot be told apart. */
const MAX_COMPARED = 6;

export function toggleCompare(n: number): void {
  const { compare } = currentPlace();
  goTo({
    compare: compare.includes(n) ? compare.filter((other) => other !== n) : [...compare, n].slice(-MAX_COMPARED),
  });
}
