/** Values out of JSON and CSV that a program wrote. */

/** Larger texts are not read. */
const MAX_CHARS = 16_000_000;

/**
 * The values at a path such as `$.results[0].mean` or `benchmarks[*].stats.mean`, as text. The text may be one
 * document, or lines of which the last that is JSON counts. Undefined where nothing is there.
 */
export function readPath(text: string, jsonPath: string): string[] | undefined {
  const document = text.length > MAX_CHARS ? undefined : parseDocument(text);
  if (document === undefined) return undefined;
  const keys = [...jsonPath.replace(/^\$\.?/, '').matchAll(/\["([^"]*)"\]|([^.[\]]+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain!,
  );
  let values: unknown[] = [document];
  for (const key of keys) values = values.flatMap((value) => childrenOf(value, key));
  return values.length === 0 ? undefined : values.map(String);
}

function childrenOf(value: unknown, key: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if (key === '*') return Object.values(value);
  return Object.hasOwn(value, key) ? [(value as Record<string, unknown>)[key]] : [];
}

function parseDocument(text: string): unknown {
  const whole = parseJson(text);
  if (whole !== undefined) return whole;
  const lines = text.split('\n').filter((line) => /^\s*[[{]/.test(line));
  for (const line of lines.reverse()) {
    const document = parseJson(line);
    if (document !== undefined) return document;
  }
  // One document of several lines after other output.
  const start = /^[[{]\s*$/m.exec(text)?.index;
  return start === undefined ? undefined : parseJson(text.slice(start));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The values of a column of CSV with a header line; the separator is the one that the header has most of: comma,
 * semicolon, tab. Undefined where no such column is.
 */
export function readColumn(text: string, column: string): string[] | undefined {
  const lines = text.slice(0, MAX_CHARS).split(/\r?\n/);
  const counts = [',', ';', '\t'].map((separator) => [separator, (lines[0] ?? '').split(separator).length] as const);
  const [separator] = counts.reduce((best, each) => (each[1] > best[1] ? each : best));
  const rows = lines.filter((line) => line.trim() !== '').map((line) => splitRow(line, separator));
  const index = rows[0]?.findIndex((cell) => cell === column) ?? -1;
  if (index < 0) return undefined;
  const values = rows.slice(1).map((row) => row[index] ?? '');
  return values.length === 0 ? undefined : values;
}

/** One line; quoted cells may hold the separator and doubled quotes. */
function splitRow(line: string, separator: string): string[] {
  // Each cell begins with a separator, the first one too: an empty match would skip the separator after it.
  const cell = new RegExp(`${separator}(?: *"((?:[^"]|"")*)" *|([^${separator}]*))`, 'g');
  return [...`${separator}${line}`.matchAll(cell)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!.trim(),
  );
}
