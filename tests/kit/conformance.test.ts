/** The kit for arenas gives the same answers and the same errors in JavaScript and in Python, and they are right. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import * as kit from '../../kit/kit.mjs';

interface Case {
  readonly call: string;
  readonly args: readonly unknown[];
  readonly options?: Readonly<Record<string, unknown>>;
  readonly gives?: unknown;
  readonly raises?: string;
}
type Reply = { readonly gives: unknown } | { readonly raises: string };

const cases = JSON.parse(fs.readFileSync(path.join(import.meta.dirname, 'cases.json'), 'utf8')) as Case[];
const SAME = 'as in the other language';

/** Every kind of number that a seed gives. */
function drawNumbers(seed: number): unknown {
  const chance = kit.rng(seed);
  const uniform = [chance.uniform(), chance.uniform()];
  return [uniform, chance.below(1000), chance.normal(), chance.shuffle([1, 2, 3, 4, 5]), chance.pick(['a', 'b'])];
}

function inJavaScript({ call, args, options }: Case): Reply {
  const functions = { ...kit, chance: drawNumbers } as unknown as Record<string, (...args: unknown[]) => unknown>;
  try {
    return { gives: functions[call]!(...args, ...(options ? [options] : [])) ?? null };
  } catch (thrown) {
    return { raises: (thrown as Error).message };
  }
}

const PYTHON = `
import json, re, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import overnight_kit as kit

def chance(seed):
    chance = kit.rng(seed)
    uniform = [chance.uniform(), chance.uniform()]
    return [uniform, chance.below(1000), chance.normal(), chance.shuffle([1, 2, 3, 4, 5]), chance.pick(["a", "b"])]

snake = lambda name: re.sub("(?<=[a-z])([A-Z])", lambda found: "_" + found[1].lower(), name)
kit.chance = chance
for case in json.load(sys.stdin):
    try:
        call = getattr(kit, snake(case["call"]))
        options = {snake(name): value for name, value in case.get("options", {}).items()}
        print(json.dumps({"gives": call(*case["args"], **options)}))
    except ValueError as error:
        print(json.dumps({"raises": str(error)}))
`;
const pythonReplies = execFileSync('python3', ['-c', PYTHON, path.join(import.meta.dirname, '../../kit')], {
  input: JSON.stringify(cases),
})
  .toString()
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Reply);

/** Numbers may differ in their last digit. */
function expectAlike(left: unknown, right: unknown, place: string): void {
  if (typeof left === 'number' && typeof right === 'number') expect(left, place).toBeCloseTo(right, 10);
  else if (left !== null && right !== null && typeof left === 'object' && typeof right === 'object') {
    expect(Object.keys(left), place).toEqual(Object.keys(right));
    for (const [key, value] of Object.entries(left))
      expectAlike(value, (right as Record<string, unknown>)[key], `${place}.${key}`);
  } else expect(left, place).toEqual(right);
}

describe('the kit for arenas', () => {
  it('answers a case for every case that Python answered', () => {
    expect(pythonReplies).toHaveLength(cases.length);
    expect(cases.filter(({ raises }) => raises !== undefined).length).toBeGreaterThan(25);
  });

  it.each(cases.map((each, i) => [`${i} ${each.call}`, each, pythonReplies[i]!] as const))(
    '%s is right, and the same in both languages',
    (place, each, python) => {
      const javaScript = inJavaScript(each);
      if (each.raises !== undefined) {
        expect(javaScript).toEqual({ raises: each.raises });
        expect(python).toEqual({ raises: each.raises });
        return;
      }
      if (each.gives !== SAME) expectAlike(javaScript, { gives: each.gives }, place);
      expectAlike(python, javaScript, place);
    },
  );

  it('keeps the rows of a group together and near the shares that were asked for', () => {
    const rows = Array.from({ length: 1000 }, (_, i) => ({ id: i, group: Math.floor(i / 5) }));
    const parts = kit.groupSplit(rows, 'group', { train: 0.6, validation: 0.2, holdout: 0.2 }, 3);
    expect(() => kit.requireDisjoint(parts, 'group')).not.toThrow();
    expect(() => kit.requireDisjoint(parts, 'id')).not.toThrow();
    expect(Object.values(parts).map((part) => part.length)).toEqual([600, 200, 200]);
    const other = kit.groupSplit(rows, 'group', { train: 0.6, validation: 0.2, holdout: 0.2 }, 4);
    expect(other.train).not.toEqual(parts.train);
  });
});
