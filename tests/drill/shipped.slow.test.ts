/** The drill on the shipped arenas that take minutes. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'vitest';
import { removeTree } from '../../src/os/files.ts';
import { offlineNano } from '../fixtures/nano.ts';
import { ARENAS, drilled, expectCaught } from './caught.ts';

describe('the drill', () => {
  it('catches every cheat planted in sort-speed and measures every honest twin', { timeout: 300_000 }, async () => {
    expectCaught('sort-speed', await drilled(ARENAS, 'sort-speed'));
  });

  it.each(['template-speed', 'load-forecast', 'contract-clauses', 'retrieval', 'insurance', 'backtest'])(
    'catches every cheat planted in %s and measures every honest twin',
    { timeout: 600_000 },
    async (name) => {
      expectCaught(name, await drilled(ARENAS, name));
    },
  );

  it('catches every cheat planted in nano-llm and measures every honest twin', { timeout: 400_000 }, async () => {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-drill-test-'));
    try {
      offlineNano(home);
      expectCaught('nano-llm', await drilled(home, 'nano-llm'));
    } finally {
      removeTree(home);
    }
  });
});
