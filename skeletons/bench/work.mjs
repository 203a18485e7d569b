// Editable. How often each word is in a text, in the order of first appearance.
const USE_MAP = 0;

export function work(text) {
  const words = text.split(' ');
  if (USE_MAP) {
    const counts = new Map();
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    return [...counts];
  }
  return [...new Set(words)].map((word) => [word, words.filter((other) => other === word).length]);
}
