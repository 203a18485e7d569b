import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LabError } from '../base/error.ts';
import { createFold } from '../core/replay.ts';
import { syntheticLab } from '../testing/synthetic.ts';
import { decodeLedger } from './chain.ts';

const { events, tip } = syntheticLab({ n: 8, seed: 11 });
const lines = events.map((event) => JSON.stringify(event));
const text = (all: readonly string[]): Buffer => Buffer.from(all.map((line) => `${line}\n`).join(''));
const whole = text(lines);

/** The code of what is wrong with these bytes, or the tip. */
function verdict(bytes: Buffer): string {
  const { apply } = createFold();
  try {
    return decodeLedger(bytes, apply).tip;
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown;
    expect(thrown.parts.why).not.toBe('');
    expect(thrown.parts.next).not.toBe('');
    return thrown.code;
  }
}

describe('the chain of a ledger', () => {
  it('is whole as it was written', () => {
    expect(verdict(whole)).toBe(tip);
    expect(decodeLedger(whole, () => {})).toMatchObject({
      events: events.length,
      goodBytes: whole.length,
      tornBytes: 0,
    });
  });

  it('tells of any byte that was changed in any line, whatever the change', () => {
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        fc.pre(whole[at] !== byte);
        const bytes = Buffer.from(whole);
        bytes[at] = byte;
        const found = verdict(bytes);
        const torn = at === whole.length - 1;
        // The last line has no successor: what it says is held by the tip, which every report names.
        if (torn) expect(decodeLedger(bytes, () => {}).tornBytes).toBeGreaterThan(0);
        else if (at >= whole.length - lines.at(-1)!.length - 1) expect(found).not.toBe(tip);
        else expect(found).toMatch(/^E_LEDGER_(CORRUPT|CHAIN|GAP|VERSION)$/);
      }),
      { numRuns: 1000 },
    );
  });

  it('tells of a line that was removed, doubled, moved or invented', () => {
    const inner = fc.integer({ min: 0, max: lines.length - 2 });
    fc.assert(
      fc.property(inner, inner, (i, j) => {
        expect(verdict(text(lines.filter((_, k) => k !== i)))).toBe('E_LEDGER_GAP');
        expect(verdict(text(lines.toSpliced(i, 0, lines[i]!)))).toBe('E_LEDGER_GAP');
        if (i !== j) expect(verdict(text(lines.with(i, lines[j]!).with(j, lines[i]!)))).toMatch(/GAP|CHAIN/);
        const invented = { ...events[i]!, seq: i, t: '2020-01-01T00:00:00Z' };
        expect(verdict(text(lines.with(i, JSON.stringify(invented))))).toBe('E_LEDGER_CHAIN');
      }),
      { numRuns: 100 },
    );
  });

  it('names the edited line before anything is made of what it says', () => {
    const edited = lines.with(4, lines[4]!.replace(/"type":"\w+"/, '"type":"measured"'));
    const seen: number[] = [];
    expect(() => decodeLedger(text(edited), (event) => seen.push(event.seq))).toThrow(/Line 5 was edited/);
    expect(seen).toEqual([0, 1, 2, 3]);
  });

  it('reports a last line without its end as torn, and everything before it as good', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: whole.length - 1 }), (size) => {
        const { goodBytes, tornBytes, events: count } = decodeLedger(whole.subarray(0, size), () => {});
        expect(goodBytes + tornBytes).toBe(size);
        expect(goodBytes === 0 || whole[goodBytes - 1] === 10).toBe(true);
        expect(count).toBe(whole.subarray(0, goodBytes).filter((byte) => byte === 10).length);
      }),
    );
  });

  it.each([
    ['', 'E_LEDGER_CORRUPT'],
    ['null', 'E_LEDGER_CORRUPT'],
    ['[1]', 'E_LEDGER_CORRUPT'],
    ['"text"', 'E_LEDGER_CORRUPT'],
    ['{"v":1', 'E_LEDGER_CORRUPT'],
    ['{}', 'E_LEDGER_VERSION'],
    ['{"v":99}', 'E_LEDGER_VERSION'],
    ['{"v":1,"seq":0}', 'E_LEDGER_CHAIN'],
    [`{"v":1,"seq":0,"prev":"${'0'.repeat(64)}","type":"measured"}`, 'E_LEDGER_MOVE'],
  ])('a line %j is %s', (line, code) => {
    expect(verdict(Buffer.from(`${line}\n`))).toBe(code);
  });
});
