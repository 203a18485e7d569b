import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findMaskedPaths, MASKED_PLACES, withoutShown } from './masked-data.ts';

const FILES = [
  'usr/share/doc/postgresql-doc-15/html/bookindex.html',
  'usr/lib/R/site-library/mlbench/data/Shuttle.rda',
  'usr/lib/R/site-library/mlbench/R/mlbench.rdb',
  'usr/lib/python3/dist-packages/statsmodels/datasets/randhie/randhie.csv',
  'usr/lib/python3/dist-packages/statsmodels/datasets/randhie/data.py',
  'usr/local/lib/python3.11/dist-packages/sklearn/datasets/data/iris.csv.gz',
  'usr/local/lib/python3.11/dist-packages/sklearn/tree/_tree.so',
];

describe('data of the machine that are hidden', () => {
  it('are folders of documents and data, and single data files beside the code of Python packages', () => {
    const root = mkdtempSync(join(tmpdir(), 'masked-'));
    try {
      for (const file of FILES) {
        mkdirSync(dirname(join(root, file)), { recursive: true });
        writeFileSync(join(root, file), 'x');
      }
      const { folders, files } = findMaskedPaths(root);
      expect(folders).toEqual(['usr/share/doc', 'usr/lib/R/site-library/mlbench/data'].map((name) => join(root, name)));
      expect(files.toSorted()).toEqual([FILES[3]!, FILES[5]!].map((name) => join(root, name)));
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it('each have a reason, and none is a folder of programs', () => {
    for (const { pattern, reason } of MASKED_PLACES) {
      expect(reason).not.toBe('');
      expect(pattern).toMatch(/^\/usr\/(local\/)?(share|lib)\/.+/);
    }
  });

  it('are shown where the arena asks for the place or for a folder above it, not for one with a similar name', () => {
    const masked = { folders: ['/usr/share/doc', '/usr/share/doc-base'], files: ['/usr/lib/p/datasets/a.csv'] };
    expect(withoutShown(masked, ['/usr/share/doc']).folders).toEqual(['/usr/share/doc-base']);
    expect(withoutShown(masked, ['/usr/share/']).folders).toEqual([]);
    expect(withoutShown(masked, ['/usr/lib/p/datasets'])).toEqual({ folders: masked.folders, files: [] });
    expect(withoutShown(masked, ['/usr/share/doc/a', '/usr/share/do'])).toEqual(masked);
  });
});
