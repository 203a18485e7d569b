/**
 * What docs/ledger.md promises: somebody who has the rows alone, and none of this program, gets the figures of the
 * report. The sums below are written from that page's table.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LedgerEvent } from '../../src/core/event.ts';
import { replayEvents } from '../../src/core/replay.ts';
import { viewLab } from '../../src/view/lab/lab.ts';

interface Row {
  readonly type: string;
  readonly n: number;
  readonly m: number;
  readonly purpose: string;
  readonly deviceClass: string;
  readonly kind: string;
  readonly passed: boolean;
  readonly against: number;
  readonly effect: number;
  readonly interval: readonly [number, number];
  readonly outcome: { readonly kind: string; readonly value: number };
  readonly decision: { readonly verdict: string };
  readonly conditions: { readonly cpuS: number };
}

const FILES = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.jsonl'));
const rowsOf = (name: string): Row[] =>
  readFileSync(join(import.meta.dirname, name), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Row);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const meanOf = (values: readonly number[]): number => sum(values) / values.length;

function figuresOf(rows: readonly Row[]) {
  const of = (type: string): Row[] => rows.filter((row) => row.type === type);
  const intents = new Map(of('measuring').map((row) => [row.m, row]));
  const device = of('measuring').at(-1)!.deviceClass;
  const repairedAt = (n: number): number => rows.findLastIndex((row) => row.type === 'repaired' && row.n === n);
  const measured = (n: number): { readonly value: number; readonly purpose: string }[] =>
    rows.flatMap((row, i) => {
      const intent = row.type === 'measured' ? intents.get(row.m)! : undefined;
      const counts = intent?.n === n && intent.deviceClass === device && intent.purpose !== 'screen';
      return counts && row.outcome.kind === 'measured' && i > repairedAt(n)
        ? [{ value: row.outcome.value, purpose: intent.purpose }]
        : [];
    });
  const mean = (n: number): number => {
    const fresh = measured(n).filter(({ purpose }) => ['confirm', 'final', 'drift'].includes(purpose));
    return meanOf((n > 0 && fresh.length > 0 ? fresh : measured(n)).map(({ value }) => value));
  };
  const groups = of('proposed')
    .map(({ n }) => measured(n).map(({ value }) => value))
    .filter((values) => values.length > 0);
  const squares = sum(groups.map((values) => sum(values.map((value) => (value - meanOf(values)) ** 2))));
  const sigma = Math.sqrt(squares / sum(groups.map((values) => values.length - 1)));
  const passed = of('confirmation').filter((row) => row.passed);
  const champion = passed.at(-1)?.n ?? 0;
  const chain: Row[] = [];
  for (let n = champion; n > 0; n = chain.at(-1)!.against) chain.push(passed.findLast((row) => row.n === n)!);
  return {
    sigma,
    champion,
    incumbent: of('advanced').at(-1)?.n ?? 0,
    baselineMean: mean(0),
    championMean: mean(champion),
    gain: sum(chain.map(({ effect }) => effect)),
    gainHalf: Math.hypot(...chain.map(({ interval }) => (interval[1] - interval[0]) / 2)),
    tried: of('proposed').filter(({ kind }) => kind === 'idea').length,
    kept: of('decided').filter(({ decision }) => decision.verdict === 'kept').length,
    refused: of('refused').length,
    cpuS: sum(of('measured').map(({ conditions }) => conditions.cpuS)),
  };
}

describe('with the rows alone, somebody else gets the figures of the report', () => {
  it.each(FILES)('%s', (name) => {
    const rows = rowsOf(name);
    const figures = figuresOf(rows);
    const state = replayEvents(rows as unknown as LedgerEvent[]);
    const view = viewLab(state, { now: state.lastAt, alive: false, tip: '' });
    const near = (value: number) => expect.closeTo(value, 9) as number;
    expect(figures).toEqual({
      sigma: near(view.noise!.sigma.raw),
      champion: view.champion!.n,
      incumbent: view.incumbent!.n,
      baselineMean: near(view.baseline!.mean!.raw),
      championMean: near(view.champion!.mean!.raw),
      gain: near(view.gain!.effect.raw),
      gainHalf: near(view.gain!.effect.half!.raw),
      tried: view.counts.tried,
      kept: view.counts.kept,
      refused: sum(view.refusals.map(({ count }) => count)),
      cpuS: near(view.time.cpuS),
    });
    expect(figures.champion).toBeGreaterThan(0);
  });
});
