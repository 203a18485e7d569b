/** Which words of a changed line changed: the longest common row of words stays unmarked. Pure. */

/** From and up to, in characters of the line. */
export type TextRange = readonly [number, number];

/** Above this many pairs of words, only what the lines have in common at both ends stays unmarked. */
const MAX_PAIRS = 40_000;
/** Lines that share less than this part of their characters are other lines: nothing of them is marked. */
const MIN_SHARED = 0.3;

export interface ChangedWords {
  readonly left: readonly TextRange[];
  readonly right: readonly TextRange[];
}

export function changedWords(leftText: string, rightText: string): ChangedWords {
  const [leftWords, rightWords] = [splitWords(leftText), splitWords(rightText)];
  const isShared =
    leftWords.length * rightWords.length <= MAX_PAIRS
      ? commonWords(leftWords, rightWords)
      : commonEnds(leftWords, rightWords);
  const left = unsharedRanges(leftWords, isShared.left);
  const right = unsharedRanges(rightWords, isShared.right);
  const marked = [...left, ...right].reduce((sum, [from, to]) => sum + to - from, 0);
  const shared = 1 - marked / Math.max(1, leftText.length + rightText.length);
  return shared < MIN_SHARED ? { left: [], right: [] } : { left, right };
}

const splitWords = (text: string): readonly string[] => text.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? [];

type Shared = { readonly left: ReadonlySet<number>; readonly right: ReadonlySet<number> };

/** Longest common subsequence, by dynamic programming. */
function commonWords(leftWords: readonly string[], rightWords: readonly string[]): Shared {
  const width = rightWords.length + 1;
  const lengths = new Uint32Array((leftWords.length + 1) * width);
  for (let i = leftWords.length - 1; i >= 0; i--)
    for (let k = rightWords.length - 1; k >= 0; k--)
      lengths[i * width + k] =
        leftWords[i] === rightWords[k]
          ? lengths[(i + 1) * width + k + 1]! + 1
          : Math.max(lengths[(i + 1) * width + k]!, lengths[i * width + k + 1]!);
  const shared = { left: new Set<number>(), right: new Set<number>() };
  for (let [i, k] = [0, 0]; i < leftWords.length && k < rightWords.length;) {
    if (leftWords[i] === rightWords[k]) {
      shared.left.add(i++);
      shared.right.add(k++);
    } else if (lengths[(i + 1) * width + k]! >= lengths[i * width + k + 1]!) i++;
    else k++;
  }
  return shared;
}

function commonEnds(leftWords: readonly string[], rightWords: readonly string[]): Shared {
  const shared = { left: new Set<number>(), right: new Set<number>() };
  const shorter = Math.min(leftWords.length, rightWords.length);
  let start = 0;
  for (; start < shorter && leftWords[start] === rightWords[start]; start++) {
    shared.left.add(start);
    shared.right.add(start);
  }
  for (let end = 1; end <= shorter - start && leftWords.at(-end) === rightWords.at(-end); end++) {
    shared.left.add(leftWords.length - end);
    shared.right.add(rightWords.length - end);
  }
  return shared;
}

function unsharedRanges(words: readonly string[], shared: ReadonlySet<number>): TextRange[] {
  const ranges: [number, number][] = [];
  let at = 0;
  words.forEach((word, index) => {
    const last = ranges.at(-1);
    if (shared.has(index)) at += word.length;
    else if (last && last[1] === at) last[1] = at += word.length;
    else ranges.push([at, (at += word.length)]);
  });
  return ranges;
}
