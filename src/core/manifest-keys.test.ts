/** A key that the manifest does not know: the message suggests one that may stand at the same place. */
import { describe, expect, it } from 'vitest';
import { MINIMAL_MANIFEST } from '../testing/script.ts';
import { parseArena } from './manifest-check.ts';

const messagesOf = (change: object): string[] => {
  const parsed = parseArena({ ...MINIMAL_MANIFEST, ...change });
  return 'problems' in parsed ? parsed.problems.map(({ message }) => message) : [];
};
const metric = MINIMAL_MANIFEST.metric;
const knob = { name: 'A', file: 'x.ts', kind: 'int', range: [1, 8] };

describe('an unknown key of the manifest', () => {
  it.each([
    ['at the top', { artefacts: [] }, 'artefact'],
    ['within a key that must be there', { metric: { ...metric, unitt: 's' } }, 'unit'],
    ['within a key that may be absent', { setup: { command: 'c', key: ['k'], visibl: [] } }, 'visible'],
    ['within a key that has a default', { data: { candidates: [] } }, 'candidate'],
    ['within a key whose members have defaults', { resources: { cpu: 1 } }, 'cpus'],
    ['within an entry of a list', { constraints: [{ metric: 'm', max: 1, hrad: true }] }, 'hard'],
    ['within one of several kinds of entries', { knobs: [{ ...knob, logg: true }] }, 'log'],
  ])('%s is told with the key that was most likely meant', (_where, change, meant) => {
    expect(messagesOf(change)).toEqual([expect.stringContaining(`Did you mean \`${meant}\`?`)]);
  });

  it('is told without one where nothing is close, also where the key of another place is', () => {
    for (const change of [{ zzz: 1 }, { direction: 'minimize' }, { metric: { ...metric, artefact: [] } }])
      expect(messagesOf(change)).toEqual([expect.not.stringContaining('Did you mean')]);
  });
});
