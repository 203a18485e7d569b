/**
 * What was tried before Overnight, read from the logs of other loops: `results.tsv` of karpathy/autoresearch, the JSON
 * Lines of pi-autoresearch. Such numbers were measured elsewhere and are compared with nothing.
 */
import { defined } from '../base/defined.ts';
import { oneLine } from '../base/text.ts';

/** One earlier attempt. */
export interface EarlierTry {
  readonly outcome: 'kept' | 'dropped' | 'crashed';
  readonly description: string;
  readonly value?: number;
  readonly commit?: string;
}

const MAX_TRIES = 5_000;

/** Undefined where the text is in none of these forms. Rows that say nothing are left out. */
export function parseHistory(text: string): EarlierTry[] | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const tries = lines[0]?.includes('\t') ? parseTable(lines) : parseJsonLines(lines);
  return tries?.filter(({ description }) => description !== '').slice(0, MAX_TRIES);
}

/** By the names in the header: commit, any metric, status, description. */
function parseTable([header, ...rows]: readonly string[]): EarlierTry[] | undefined {
  const names = header!.split('\t').map((name) => name.trim().toLowerCase());
  const [commitAt, statusAt, textAt] = ['commit', 'status', 'description'].map((name) => names.indexOf(name));
  if (statusAt! < 0 || textAt! < 0) return undefined;
  const valueAt = names.findIndex((name) => !['commit', 'status', 'description', 'memory_gb'].includes(name));
  return rows.map((row) => {
    const cells = row.split('\t');
    return tryOf(cells[statusAt!], cells[textAt!], cells[valueAt], cells[commitAt!]);
  });
}

function parseJsonLines(lines: readonly string[]): EarlierTry[] | undefined {
  const records = lines.flatMap((line) => {
    try {
      const record: unknown = JSON.parse(line);
      return typeof record === 'object' && record !== null ? [record as Record<string, unknown>] : [];
    } catch {
      return [];
    }
  });
  if (records.length === 0) return undefined;
  return records.map((record) => {
    const first = (...names: readonly string[]): unknown =>
      names.map((name) => record[name]).find((value) => value !== undefined);
    return tryOf(
      first('status', 'outcome', 'decision', 'kept'),
      first('description', 'hypothesis', 'summary', 'idea'),
      first('metric', 'value', 'score', 'result'),
      first('commit', 'sha', 'hash'),
    );
  });
}

function tryOf(status: unknown, description: unknown, value: unknown, commit: unknown): EarlierTry {
  const number = Number(typeof value === 'object' && value !== null ? Object.values(value)[0] : value);
  const outcome = outcomeOf(String(status).toLowerCase());
  const isMeasured = outcome !== 'crashed' && value !== undefined && value !== '' && Number.isFinite(number);
  return {
    outcome,
    description: typeof description === 'string' ? oneLine(description, 200) : '',
    ...defined({
      value: isMeasured ? number : undefined,
      commit: typeof commit === 'string' && /^[0-9a-f]{7,64}$/.test(commit) ? commit : undefined,
    }),
  };
}

function outcomeOf(status: string): EarlierTry['outcome'] {
  if (/crash|fail|error|timeout/.test(status)) return 'crashed';
  return /^(?:keep|kept|true|improved|accepted)/.test(status) ? 'kept' : 'dropped';
}

const TITLES = { kept: 'kept', dropped: 'did not help', crashed: 'crashed' } as const;
const MAX_NOTE_CHARS = 3_500;

/** The same as at most three notes, each one line: what was kept, what did not help, what crashed. The newest first. */
export function historyNotes(tries: readonly EarlierTry[], source: string): string[] {
  return (['kept', 'dropped', 'crashed'] as const).flatMap((outcome) => {
    const rows = tries.filter((each) => each.outcome === outcome).reverse();
    if (rows.length === 0) return [];
    const list = rows.map(({ description, value }) =>
      value === undefined ? description : `${description} (${value})`,
    );
    let text = `Measured elsewhere (${source}), not comparable; ${TITLES[outcome]}, ${rows.length}: `;
    for (const [i, item] of list.entries()) {
      if (text.length + item.length > MAX_NOTE_CHARS) return [`${text}… ${rows.length - i} more`];
      text += i === 0 ? item : `; ${item}`;
    }
    return [text];
  });
}
