import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { syntheticLab } from '../testing/synthetic.ts';
import { LEDGER_FILE } from './jsonl.ts';
import { LedgerTail } from './tail.ts';

const folder = fs.mkdtempSync(path.join(tmpdir(), 'overnight-tail-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
const file = path.join(folder, LEDGER_FILE);
const { events, tip } = syntheticLab({ n: 6, seed: 3 });
const bytes = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''));

/** Look until nothing is left; never more often than there are bytes. */
function readBy(most: number): { readonly tail: LedgerTail; readonly seqs: readonly number[] } {
  const tail = new LedgerTail(folder);
  const seqs: number[] = [];
  for (let k = 0; k <= bytes.length; k++) {
    const look = tail.readUpdate(most);
    seqs.push(...look.events.map((event) => event.seq));
    if (look.unreadBytes === 0) return { tail, seqs };
  }
  throw new Error('it never came to the end');
}

describe('a ledger that is read in slices', () => {
  it('gives every event once, in order, however small the slices', () => {
    fs.writeFileSync(file, bytes);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), (most) => {
        const { tail, seqs } = readBy(most);
        expect(seqs).toEqual(events.map((event) => event.seq));
        expect([tail.tip, tail.count, tail.size, tail.problem]).toEqual([tip, events.length, bytes.length, undefined]);
      }),
      { numRuns: 30 },
    );
  });

  it('says only at the end of the file that its last line is cut', () => {
    fs.writeFileSync(file, bytes.subarray(0, -10));
    const tail = new LedgerTail(folder);
    expect(tail.readUpdate(1000).unreadBytes).toBeGreaterThan(0);
    expect(tail.problem).toBeUndefined();
    expect(readBy(1000).tail.problem).toMatch(/last line of the ledger is cut/);
  });

  it('stops for ever at a line that was edited', () => {
    const edited = Buffer.from(bytes);
    const at = bytes.indexOf('"t":"2026', bytes.length / 2) + 8;
    edited[at] = '7'.charCodeAt(0);
    fs.writeFileSync(file, edited);
    const { tail, seqs } = readBy(1500);
    expect(tail.problem).toMatch(/hash chain|version|not an event/i);
    expect(seqs.length).toBeLessThan(events.length);
    expect(tail.readUpdate().events).toEqual([]);
  });
});
