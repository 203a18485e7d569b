/**
 * Directions that agents claim, so that they do not repeat each other: words with an expiry. A direction that overlaps
 * one of somebody else is refused with whose it is. It reserves nothing but words: any idea may still be submitted.
 */
import { formatCount, oneLine } from '../base/text.ts';

/** Characters of a direction. */
export const MAX_DIRECTION = 160;
/** Minutes for which a direction is claimed where nothing is said, and at most. */
export const DIRECTION_MINUTES = 60;
export const MAX_DIRECTION_MINUTES = 24 * 60;
/** Directions that one agent holds at a time. */
export const MAX_DIRECTIONS_OF_ONE = 3;
/** Share of the words of the shorter direction that are in the other one too. */
const OVERLAP_SHARE = 0.6;

export interface Direction {
  /** The request that claimed it. */
  readonly id: string;
  readonly from: string;
  readonly text: string;
  /** ISO times between which it is claimed. */
  readonly at: string;
  readonly until: string;
}

/** Words that say nothing about where one looks. */
const EMPTY_WORDS = new Set(
  'a an and are as at be by do for from get in into is it its less make more of on or our out so than that the their this to try use using via we with'.split(
    ' ',
  ),
);

/** The words of a direction without case, plural and words that say nothing; all of its words where none is left. */
function wordsOf(text: string): ReadonlySet<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const telling = words.filter((word) => !EMPTY_WORDS.has(word));
  const singular = (word: string): string => (word.length > 3 ? word.replace(/(?<!s)s$/, '') : word);
  return new Set((telling.length > 0 ? telling : words).map(singular));
}

/** Do two directions mean the same place? At least 60 % of the words of the shorter one are in the other. */
export function doOverlap(first: string, second: string): boolean {
  const [shorter, longer] = [wordsOf(first), wordsOf(second)].sort((left, right) => left.size - right.size);
  const shared = [...shorter!].filter((word) => longer!.has(word)).length;
  return shared > 0 && shared / shorter!.size >= OVERLAP_SHARE;
}

/** Those that are in force at an ISO time, oldest first. */
export const directionsAt = (directions: readonly Direction[], now: string): Direction[] =>
  directions.filter(({ until }) => until > now);

/** ISO time of the end of a claim that begins at `at`. */
export const directionEnd = (at: string, minutes = DIRECTION_MINUTES): string =>
  new Date(Date.parse(at) + minutes * 60_000).toISOString();

/** `12:30 UTC`. */
export const directionUntil = ({ until }: Pick<Direction, 'until'>): string => `${until.slice(11, 16)} UTC`;

/** Why `from` cannot claim a direction at an ISO time; undefined where it can. A claim of its own is renewed. */
export function whyNotClaimed(
  directions: readonly Direction[],
  { from, text, now }: { readonly from: string; readonly text: string; readonly now: string },
): string | undefined {
  const inForce = directionsAt(directions, now);
  const taken = inForce.find((direction) => direction.from !== from && doOverlap(direction.text, text));
  if (taken)
    return `it overlaps "${oneLine(taken.text, MAX_DIRECTION)}", which ${oneLine(taken.from, 60)} has claimed until ${directionUntil(taken)}`;
  const others = inForce.filter((direction) => direction.from === from && !doOverlap(direction.text, text));
  return others.length < MAX_DIRECTIONS_OF_ONE
    ? undefined
    : `${formatCount(others.length, 'direction')} of ${oneLine(from, 60)} are claimed already, at most ${MAX_DIRECTIONS_OF_ONE} are allowed: release one`;
}

/** After a claim: the sender's own overlapping one is replaced, and what has expired is forgotten. */
export const withDirection = (directions: readonly Direction[], claimed: Direction): readonly Direction[] => [
  ...directionsAt(directions, claimed.at).filter(
    (direction) => direction.from !== claimed.from || !doOverlap(direction.text, claimed.text),
  ),
  claimed,
];

/** After a release: of the direction that the words mean, of all directions of the sender where there are none. */
export const withoutDirection = (
  directions: readonly Direction[],
  { from, text, at }: { readonly from: string; readonly text: string | undefined; readonly at: string },
): readonly Direction[] =>
  directionsAt(directions, at).filter(
    (direction) => direction.from !== from || (text !== undefined && !doOverlap(direction.text, text)),
  );
