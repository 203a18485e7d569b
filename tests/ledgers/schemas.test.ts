/**
 * The published schemas describe what is really written: every line of every kept ledger and of a lab that is made
 * here, manifests, requests and views, checked by a validator that knows nothing of this program.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { LedgerEvent } from '../../src/core/event.ts';
import { decodeLedger } from '../../src/ledger/chain.ts';
import { replayEvents } from '../../src/core/replay.ts';
import { viewLab } from '../../src/view/lab/lab.ts';
import { labPaths } from '../../src/os/paths.ts';
import { readLedger } from '../../src/ledger/jsonl.ts';
import { askedArena, times, tryInTurn } from '../fixtures/asked.ts';
import { ROOT } from '../fixtures/cli.ts';

const ajv = new Ajv.default({
  strict: true,
  strictTypes: false,
  strictTuples: false,
  validateFormats: false,
  allErrors: true,
});
const compile = (name: string): ValidateFunction =>
  ajv.compile(JSON.parse(readFileSync(join(ROOT, 'schemas', `${name}.v1.schema.json`), 'utf8')));
const [ledger, arena, inbox, result, lab, experiment] = ['ledger', 'arena', 'inbox', 'result', 'lab', 'experiment'].map(
  compile,
);

const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
/** What the validator finds wrong, in words; empty = nothing. */
function faultsOf(validate: ValidateFunction, value: unknown): string[] {
  if (validate(value)) return [];
  return validate
    .errors!.slice(0, 5)
    .map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
}

const KEPT = [
  ...readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => join(import.meta.dirname, name)),
  join(ROOT, 'docs', 'nights', 'nano-llm', 'ledger.jsonl'),
];

function replayed(file: string) {
  const events: LedgerEvent[] = [];
  decodeLedger(readFileSync(file), (event) => void events.push(event));
  return { events, state: replayEvents(events) };
}

describe('the schema of the ledger', () => {
  it.each(KEPT)('fits every line of %s', (file) => {
    const lines = linesOf(readFileSync(file, 'utf8'));
    expect(lines.length).toBeGreaterThan(100);
    for (const line of lines)
      expect(faultsOf(ledger!, line), `seq ${String(line.seq)}, ${String(line.type)}`).toEqual([]);
  });

  it('has every event in some ledger, but for those of accidents and of agents', () => {
    const names = Object.keys((ledger!.schema as { $defs: object }).$defs).filter((name) => name.startsWith('event.'));
    const seen = new Set(
      KEPT.flatMap((file) => linesOf(readFileSync(file, 'utf8')).map(({ type }) => `event.${String(type)}`)),
    );
    expect(seen.size).toBeGreaterThan(15);
    expect([...seen].filter((name) => !names.includes(name))).toEqual([]);
  });

  it('refuses a line that is not as the contract has it', () => {
    const lines = linesOf(readFileSync(join(import.meta.dirname, 'v1-three-sessions.jsonl'), 'utf8'));
    const measured = lines.find(({ type }) => type === 'measured')! as { outcome: object; m: number };
    const { m: _, ...withoutNumber } = measured;
    const wrong = [
      { ...measured, type: 'guessed' },
      { ...measured, m: 'first' },
      { ...measured, v: 2 },
      { ...measured, prev: 'abc' },
      { ...measured, outcome: { ...measured.outcome, kind: 'lucky' } },
      { ...measured, unknown: 1 },
      withoutNumber,
    ];
    expect(wrong.map((line) => faultsOf(ledger!, line).length > 0)).toEqual(wrong.map(() => true));
    expect(faultsOf(ledger!, measured)).toEqual([]);
  });
});

it('a lab that was just made fits: ledger, view and experiments', { timeout: 120_000 }, async () => {
  const folder = askedArena();
  const { paths } = await tryInTurn(folder, [times(2), times(2), 'exit 3\n']);
  const lines = linesOf(readFileSync(join(paths.lab, 'ledger.jsonl'), 'utf8'));
  const types = new Set(lines.map(({ type }) => type));
  for (const type of ['stage.finished', 'refused', 'confirmation', 'held', 'advanced']) expect(types).toContain(type);
  for (const line of lines) expect(faultsOf(ledger!, line), String(line.type)).toEqual([]);
  const { state } = readLedger(labPaths(folder, 't').lab);
  const view = JSON.parse(JSON.stringify(viewLab(state, { now: state.lastAt, alive: false, tip: 'ab' }))) as {
    experiments: object[];
  };
  expect(faultsOf(lab!, view)).toEqual([]);
  expect(view.experiments).toHaveLength(4);
  for (const row of view.experiments) expect(faultsOf(experiment!, row)).toEqual([]);
});

it('the views of kept ledgers fit', () => {
  for (const file of KEPT) {
    const { state } = replayed(file);
    expect(
      faultsOf(lab!, JSON.parse(JSON.stringify(viewLab(state, { now: state.lastAt, alive: false, tip: 'ab' })))),
    ).toEqual([]);
  }
});

describe('the schemas of files', () => {
  it('fit every manifest that is shipped, and refuse an unknown key', () => {
    const names = readdirSync(join(ROOT, 'arenas'));
    expect(names.length).toBeGreaterThan(2);
    for (const name of names) {
      const manifest = parse(readFileSync(join(ROOT, 'arenas', name, 'arena.yaml'), 'utf8')) as object;
      expect(faultsOf(arena!, manifest), name).toEqual([]);
      expect(faultsOf(arena!, { ...manifest, metrc: {} })).not.toEqual([]);
    }
  });

  it('fit requests and results as the pages have them', () => {
    const request = { id: 'abcdef12', from: 'ada', wish: { verb: 'steer', text: 'smaller models' } };
    expect(faultsOf(inbox!, request)).toEqual([]);
    expect(faultsOf(inbox!, { ...request, wish: { verb: 'win' } })).not.toEqual([]);
    expect(faultsOf(result!, { nonce: '6f1c', val_bpb: 1.8342, bytes: 262144, samples: [1, 2] })).toEqual([]);
    for (const wrong of [{ nonce: '6f1c' }, { val_bpb: 1 }, { nonce: 'x', wall_s: 1 }, { nonce: 'x', loss: 'low' }])
      expect(faultsOf(result!, wrong)).not.toEqual([]);
  });
});
