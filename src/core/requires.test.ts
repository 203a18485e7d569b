import { describe, expect, it } from 'vitest';
import { MINIMAL_MANIFEST } from '../testing/script.ts';
import { parseArena } from './manifest-check.ts';
import { requiredTools, satisfiesVersion, versionIn } from './requires.ts';

describe('requires', () => {
  it.each([
    ['gcc (Debian 12.2.0-14) 12.2.0', '12.2.0'],
    ['Yosys 0.23 (git sha1 7ce5011c24b)', '0.23'],
    ['Chromium 156.0.8078.108 built on Debian', '156.0.8078.108'],
    ['v20.19.0', '20.19.0'],
    ['Icarus Verilog version 11.0 (stable) ()', '11.0'],
    ['no number at all', undefined],
  ])('finds the version in what a program prints: %s', (text, version) => {
    expect(versionIn(text)).toBe(version);
  });

  it.each([
    ['12.2.0', '>=12', true],
    ['9.4', '>=12', false],
    ['0.23', '>=0.23 <1', true],
    ['1.0', '>=0.23 <1', false],
    ['0.9', '>=0.23', false],
    ['12', '<=12.0.0', true],
    ['12.0.1', '<=12', false],
    ['3.11.2', '=3.11', true],
    ['3.1', '=3.11', false],
    ['2.0', '> 1.9.9', true],
  ])('compares %s with %s part by part', (version, comparisons, expected) => {
    expect(satisfiesVersion(version, comparisons)).toBe(expected);
  });

  it('knows the package where it has another name, of any of the alternatives', () => {
    const [browser, simulator, own, unknown] = requiredTools([
      'google-chrome|chromium',
      'iverilog',
      { tool: 'mytool', install: 'ask Ann' },
      'yosys',
    ]);
    expect(browser!.install).toContain('apt-get install chromium');
    expect(simulator!.install).toContain('brew install icarus-verilog');
    expect(own!.install).toBe('ask Ann');
    expect(unknown!.install).toContain('apt-get install yosys');
  });

  it.each([
    ['a version that is no comparison', [{ tool: 'gcc', version: 'new' }]],
    ['a path instead of a name', ['/usr/bin/gcc']],
    ['nothing beside the bar', ['chromium|']],
    ['an unknown key', [{ tool: 'gcc', versoin: '>=1' }]],
  ])('refuses %s', (_case, requires) => {
    expect(parseArena({ ...MINIMAL_MANIFEST, requires })).toHaveProperty('problems');
  });
});

describe('data.from', () => {
  const evaluate = { command: 'node evaluate.mjs --split val', join: 'artefact' };
  const arenaOf = (change: object) => {
    const parsed = parseArena({ ...MINIMAL_MANIFEST, evaluate, ...change });
    if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
    return parsed.arena;
  };

  it('hides its folder always, and the evaluator where the manifest does not say what is hidden', () => {
    expect(arenaOf({ data: { from: './data/' } }).hidden).toEqual(['evaluate.mjs', 'data/**']);
    expect(arenaOf({ data: { from: 'data' }, hidden: ['x.mjs'] }).hidden).toEqual(['x.mjs', 'data/**']);
    expect(arenaOf({ data: { from: 'data' }, hidden: [] }).hidden).toEqual(['data/**']);
    expect(arenaOf({}).hidden).toEqual([]);
  });

  it('does not go with a prepare command', () => {
    const parsed = parseArena({ ...MINIMAL_MANIFEST, evaluate, data: { from: 'data' }, prepare: { command: 'true' } });
    expect(parsed).toMatchObject({ problems: [{ at: 'data.from' }] });
  });

  it('makes the split of a holdout as prepare does', () => {
    const holdout = { command: 'node evaluate.mjs', data: ['held.csv'] };
    expect(arenaOf({ data: { from: 'data' }, holdout }).holdout?.data).toEqual(['held.csv']);
    expect(parseArena({ ...MINIMAL_MANIFEST, evaluate, holdout })).toMatchObject({
      problems: [{ at: 'holdout.data' }],
    });
  });
});
