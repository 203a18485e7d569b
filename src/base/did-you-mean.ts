/** The known word that a misspelt one most likely means. */

/** At most so many letters are wrong, and less than this share of the word. */
const MAX_EDITS = 3;
const MAX_EDIT_SHARE = 0.6;

/** The closest known word; undefined when none is close. The first wins among equals. */
export function closestWord(word: string, knownWords: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(MAX_EDITS, MAX_EDIT_SHARE * word.length) + 1e-9;
  for (const knownWord of knownWords) {
    const distance = editDistance(word.toLowerCase(), knownWord.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [knownWord, distance];
  }
  return best;
}

/** `(Did you mean \`metric\`?)`, with a space before it; empty when nothing is close. */
export function suggestionFor(word: string, knownWords: readonly string[]): string {
  const knownWord = closestWord(word, knownWords);
  return knownWord === undefined ? '' : ` (Did you mean \`${knownWord}\`?)`;
}

/** Letters inserted, deleted, replaced or swapped with their neighbour (Damerau-Levenshtein, restricted). */
export function editDistance(left: string, right: string): number {
  const rows: number[][] = [Array.from({ length: right.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= left.length; i++) {
    const row = [i];
    for (let j = 1; j <= right.length; j++) {
      const isSame = left[i - 1] === right[j - 1];
      let distance = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1])
        distance = Math.min(distance, rows[i - 2]![j - 2]! + 1);
      row.push(distance);
    }
    rows.push(row);
  }
  return rows[left.length]![right.length]!;
}
