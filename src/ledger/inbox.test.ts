import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { expect, it, vi } from 'vitest';
import { openInbox, postRequest } from './inbox.ts';

const emptyFolder = (): string => fs.mkdtempSync(path.join(os.tmpdir(), 'inbox-'));

function notesIn(folder: string): string[] {
  return openInbox(folder)
    .listRequests()
    .map(({ request }) => (request.wish as { text: string }).text);
}

it('requests that one program posts within a millisecond are taken in that order', () => {
  const folder = emptyFolder();
  const texts = Array.from({ length: 150 }, (_, index) => `note ${index}`);
  for (const text of texts) postRequest(folder, 'person', { verb: 'note', text });
  expect(notesIn(folder)).toEqual(texts);
});

it('requests keep their order when the clock is set back between them', () => {
  const folder = emptyFolder();
  const start = Date.now() + 60_000;
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    for (const [index, time] of [start, start - 5_000, start - 4_000, start + 1].entries()) {
      vi.setSystemTime(time);
      postRequest(folder, 'person', { verb: 'note', text: `note ${index}` });
    }
  } finally {
    vi.useRealTimers();
  }
  expect(notesIn(folder)).toEqual(['note 0', 'note 1', 'note 2', 'note 3']);
});
