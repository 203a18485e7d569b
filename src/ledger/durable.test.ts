/**
 * What is recorded is on disk before anything else happens: the calls of the file system of a real process, in order,
 * as Node traces them.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'overnight-durable-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Marks in the trace: files that are looked for between the steps. */
const PROGRAM = `
  import { existsSync } from 'node:fs';
  import { openLedger } from ${JSON.stringify(join(root, 'src', 'ledger', 'jsonl.ts'))};
  import { Script } from ${JSON.stringify(join(root, 'src', 'testing', 'script.ts'))};
  const mark = () => existsSync('/mark');
  const events = new Script().ledger.events;
  const ledger = openLedger(${JSON.stringify(join(folder, 'lab'))}, () => '2026-03-07T20:00:00.000Z');
  mark();
  for (const event of events) { ledger.append(event); mark(); }
  ledger.putBlob('a blob');
  mark();
  ledger.close();
`;

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly ts: number;
}

/** The synchronous calls between the marks: opening, one append each, a blob. */
let steps: readonly (readonly string[])[] = [];
beforeAll(() => {
  const traceFile = join(folder, 'trace.json');
  execFileSync(process.execPath, [
    ...['--trace-event-categories', 'node.fs.sync', '--trace-event-file-pattern', traceFile],
    ...['--import', join(root, 'node_modules', 'tsx', 'dist', 'loader.mjs')],
    ...['--input-type=module', '--eval', PROGRAM],
  ]);
  const { traceEvents } = JSON.parse(readFileSync(traceFile, 'utf8')) as { readonly traceEvents: TraceEvent[] };
  const calls = traceEvents
    .filter(({ ph }) => ph === 'B')
    .sort((left, right) => left.ts - right.ts)
    .map(({ name }) => name.replace('fs.sync.', ''));
  steps = splitAt(calls, 'access');
});

/** The calls before each mark; the last ones before the first mark are those of opening. */
function splitAt(calls: readonly string[], mark: string): string[][] {
  const split: string[][] = [[]];
  for (const call of calls) {
    if (call === mark) split.push([]);
    else split.at(-1)!.push(call);
  }
  return split;
}

describe('on disk', () => {
  it('is every event when append returns: written, then synchronised', () => {
    const appends = steps.filter((calls) => calls.includes('fdatasync'));
    expect(appends).toEqual([
      ['fstat', 'write', 'fdatasync'],
      ['fstat', 'write', 'fdatasync'],
    ]);
  });

  it('is a blob when putBlob returns: its content before its name, its name before the return', () => {
    const blob = steps.find((calls) => calls.includes('rename'))!;
    const order = blob.filter((call) => ['fsync', 'rename'].includes(call));
    expect(order).toEqual(['fsync', 'rename', 'fsync']);
  });
});
