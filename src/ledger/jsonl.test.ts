import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { LabError } from '../base/error.ts';
import { captureSync } from '../os/spawn.ts';
import { LEDGER_CASES } from '../testing/ledger-conformance.ts';
import { Script } from '../testing/script.ts';
import { LEDGER_FILE, LOCK_FILE, openLedger, readLedger } from './jsonl.ts';
import { memoryLedger } from './memory.ts';

const root = fs.mkdtempSync(path.join(tmpdir(), 'overnight-ledger-'));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));
let folder = '';
let count = 0;
beforeEach(() => {
  folder = path.join(root, `ö ${count++}`);
});
const now = (): string => '2026-03-07T20:00:00.000Z';
const file = (): string => path.join(folder, LEDGER_FILE);
const errorOf = (act: () => unknown): LabError => {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof LabError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
};

/** A small lab on disk, closed. */
function written(): void {
  const ledger = openLedger(folder, now);
  for (const event of new Script().addCalibration([5, 5.1, 4.9]).ledger.events) ledger.append(event);
  ledger.close();
}
/** A lock as a harness leaves it that was killed. */
function deadLock(): void {
  const dead = { pid: 1 << 22, started: '1', boot: 'another boot', host: 'x', since: now() };
  const here = captureSync('hostname', []).stdout.trim();
  fs.writeFileSync(path.join(folder, LOCK_FILE), `${JSON.stringify({ ...dead, host: here })}\n`);
}

for (const one of LEDGER_CASES) {
  it(`in a file, the ledger ${one.name}`, () => one.run(() => openLedger(folder, now), true));
  it(`in memory, the ledger ${one.name}`, () => one.run(() => memoryLedger(now), false));
}

describe('a torn last line', () => {
  it('that a killed harness left is set aside, kept, and named in the ledger', () => {
    written();
    const good = fs.readFileSync(file());
    fs.appendFileSync(file(), '{"seq":99,"to');
    deadLock();
    const ledger = openLedger(folder, now);
    expect(ledger.tookOverFrom?.pid).toBe(1 << 22);
    expect(ledger.state.tailsSetAside).toBe(1);
    ledger.close();
    expect(fs.readFileSync(file()).subarray(0, good.length)).toEqual(good);
    const aside = fs.readdirSync(folder).filter((name) => name.startsWith('ledger.torn-'));
    expect(fs.readFileSync(path.join(folder, aside[0]!), 'utf8')).toBe('{"seq":99,"to');
    expect(readLedger(folder).tornBytes).toBe(0);
  });

  it('of a file that nobody died on is an error, and the file stays as it is', () => {
    written();
    const whole = fs.readFileSync(file());
    fs.writeFileSync(file(), whole.subarray(0, whole.length - 7));
    const cut = fs.readFileSync(file());
    const error = errorOf(() => openLedger(folder, now));
    expect(error.code).toBe('E_LEDGER_TORN');
    expect(error.parts.why).toMatch(/ends with \d+ bytes without a newline/);
    expect(fs.readFileSync(file())).toEqual(cut);
    expect(fs.existsSync(path.join(folder, LOCK_FILE))).toBe(false);
  });

  it('that is the first line of all starts the lab anew', () => {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(file(), '{"seq":0,');
    deadLock();
    const ledger = openLedger(folder, now);
    for (const event of new Script().ledger.events) ledger.append(event);
    ledger.close();
    expect(readLedger(folder).state.lab?.tag).toBe('mar7');
  });
});

describe('writing', () => {
  it('stops when somebody else wrote into the file', () => {
    written();
    const ledger = openLedger(folder, now);
    fs.appendFileSync(file(), '\n');
    const before = fs.readFileSync(file());
    expect(errorOf(() => ledger.append({ type: 'note', from: 'me', text: 'x' })).code).toBe('E_LOCKED');
    expect(fs.readFileSync(file())).toEqual(before);
    ledger.close();
  });

  it('an edited line stops it at once, and nothing is changed', () => {
    written();
    const edited = fs.readFileSync(file(), 'utf8').replace('"value":5.1', '"value":4.1');
    fs.writeFileSync(file(), edited);
    expect(errorOf(() => openLedger(folder, now)).code).toBe('E_LEDGER_CHAIN');
    expect(fs.readFileSync(file(), 'utf8')).toBe(edited);
  });

  const canMount = process.getuid?.() === 0 && captureSync('sh', ['-c', 'command -v mount']).status === 0;
  it.skipIf(!canMount)(
    `on a full disk says so, leaves the file as it was, and goes on when there is room${canMount ? '' : ' (skipped: only root may mount a small disk)'}`,
    (context) => {
      fs.mkdirSync(folder, { recursive: true });
      const mounted = captureSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder]);
      if (mounted.status !== 0) return context.skip(`no tmpfs here: ${mounted.stderr.trim()}`);
      try {
        written();
        const ledger = openLedger(folder, now);
        const filler = path.join(folder, 'filler');
        const fill = (): unknown => captureSync('sh', ['-c', 'cat /dev/zero >> "$0"', filler]);
        fill();
        const before = fs.readFileSync(file());
        const text = 'x'.repeat(10_000);
        const error = errorOf(() => ledger.append({ type: 'note', from: 'me', text }));
        expect(error.code).toBe('E_DISK_FULL');
        expect(error.exitStatus).toBe(3);
        expect(fs.readFileSync(file())).toEqual(before);
        expect(errorOf(() => ledger.putBlob(text)).code).toBe('E_DISK_FULL');
        const half = fs
          .readdirSync(path.join(folder, 'blobs'), { recursive: true })
          .filter((name) => /tmp/.test(`${name}`));
        expect(half).toEqual([]);
        ledger.close();
        fill();
        expect(errorOf(() => openLedger(folder, now)).code).toBe('E_DISK_FULL');
        fs.rmSync(filler);
        const again = openLedger(folder, now);
        again.append({ type: 'note', from: 'me', text });
        again.close();
        expect(readLedger(folder).state.notes.length).toBe(1);
      } finally {
        captureSync('umount', ['--lazy', folder]);
      }
    },
  );

  it('a missing ledger is E_NO_LAB for readers', () => {
    expect(errorOf(() => readLedger(folder)).code).toBe('E_NO_LAB');
  });
});
