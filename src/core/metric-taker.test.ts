/** Who takes the number: what a manifest may say of it, and beside what. */
import { expect, it } from 'vitest';
import { MINIMAL_MANIFEST } from '../testing/script.ts';
import { parseArena } from './manifest-check.ts';

const EVALUATE = { evaluate: { command: 'judge' } };
const PIPE = { evaluate: { command: 'judge', join: 'pipe' } };
const HOLDOUT = { prepare: { command: 'split' }, holdout: { command: 'judge', data: ['hidden'] } };
const metric = (change: object): object => ({ metric: { ...MINIMAL_MANIFEST.metric, ...change } });

it.each<readonly [string, object, string[]]>([
  ['measured beside an evaluator', { ...EVALUATE, ...metric({ read: 'cpu_s' }) }, []],
  ['measured of a joined candidate', { ...PIPE, ...metric({ read: 'memory_mb' }) }, []],
  ['read from lines beside an evaluator', { ...EVALUATE, ...metric({ read: { line: 'loss' } }) }, ['metric.read']],
  ['read from lines without one', metric({ read: { line: 'loss' } }), []],
  ['measured and taken', { ...PIPE, ...metric({ read: 'cpu_s', taken_by: 'candidate' }) }, ['metric.taken_by']],
  ['sent in an artefact', { ...EVALUATE, ...metric({ taken_by: 'candidate' }) }, []],
  ['taken by an evaluator that is not there', metric({ taken_by: 'evaluator' }), ['metric.taken_by']],
  ['taken by a word that is none', { ...PIPE, ...metric({ taken_by: 'me' }) }, ['metric.taken_by']],
  ['measured, by items', { ...EVALUATE, ...metric({ read: 'cpu_s' }), decide: { rule: 'items' } }, ['metric.read']],
  [
    'measured, with a holdout of the same run',
    { ...EVALUATE, ...HOLDOUT, ...metric({ read: 'cpu_s' }) },
    ['metric.read'],
  ],
  ['measured, with a holdout that runs again', { ...PIPE, ...HOLDOUT, ...metric({ read: 'cpu_s' }) }, []],
])('%s', (_, change, problems) => {
  const parsed = parseArena({ ...MINIMAL_MANIFEST, ...change });
  expect('problems' in parsed ? parsed.problems.map(({ at }) => at) : []).toEqual(problems);
});
