/**
 * What an agent, or a person, may do to a lab from outside: read the brief, propose a change, see what became of it,
 * look back, leave a note. MCP and the command line offer these same verbs. Reads the record, writes the inbox, holds
 * no lock, and never decides anything.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { oneLine, sanitize } from '../base/text.ts';
import { roleOf } from '../core/arena.ts';
import { arenaOf, codeOf, type LabState } from '../core/state.ts';
import { post } from '../ledger/inbox.ts';
import { LOCK_FILE, readBlobText, readLedger } from '../ledger/jsonl.ts';
import { lockOwner } from '../ledger/lock.ts';
import { monotonicMs, now, sleep } from '../os/clock.ts';
import { readText, removeTree } from '../os/files.ts';
import type { LabPaths } from '../os/paths.ts';
import { harvest, type Prints, printsOf } from '../proposers/folder.ts';
import { sha256 } from '../base/hash.ts';
import { briefText } from '../view/brief/brief.ts';
import { viewExperiment } from '../view/lab/experiment.ts';
import { viewLab } from '../view/lab/lab.ts';
import type { Facts } from '../view/types.ts';
import { openWorkspace } from '../workspace/git.ts';
import { layPatch } from '../workspace/patch.ts';

export interface Submission {
  readonly hypothesis: string;
  /** A unified diff against the files of `parent`, or whole new contents by path (`null` removes). */
  readonly diff?: string;
  readonly files?: Readonly<Record<string, string | null>>;
  /** The experiment that it was made on; the incumbent when absent. */
  readonly parent?: number;
}

export interface Polled {
  readonly id: string;
  /** `waiting`: not taken yet; `running`: an experiment, not decided yet. */
  readonly state: 'waiting' | 'running' | 'done';
  readonly experiment?: number;
  readonly verdict?: string;
  readonly text: string;
}

/** Clients cut a tool call at 60 s: nobody waits longer than this in one. */
export const MOST_WAIT_S = 25;
const LOOK_MS = 500;
const MOST_HISTORY = 50;
const MOST_DIFF_CHARS = 40_000;

export class Desk {
  readonly #paths: LabPaths;
  readonly #from: string;

  constructor(paths: LabPaths, from: string) {
    this.#paths = paths;
    this.#from = oneLine(from, 100) || 'somebody';
  }

  brief(): string {
    const { state } = this.#read();
    const page = readText(path.join(this.#paths.arena, 'program.md'));
    return briefText(state, this.#facts(), {
      files: new Map(),
      left: {},
      blob: (hash) => readBlobText(this.#paths.lab, hash),
      ...(page !== undefined && { program: { text: page, version: sha256(page) } }),
    });
  }

  /**
   * Put a change into the inbox. Resolves with its id; throws E_SUBMIT where it can be told at once that it is no
   * change of this arena.
   */
  async submit({ hypothesis, diff, files, parent }: Submission): Promise<Polled> {
    const { state } = this.#read();
    const base = parent ?? state.incumbent;
    if (hypothesis.trim() === '')
      throw unusable('It has no hypothesis.', 'Say in a sentence what should get better, and why.');
    if ((diff === undefined) === (files === undefined))
      throw unusable('It needs a diff or files, and not both.', 'Give one of them.');
    const edits = files ?? (await this.#editsOf(state, base, diff!));
    if (Object.keys(edits).length === 0)
      throw unusable('It changes nothing.', 'Change an editable file; `overnight brief` lists them.');
    const { id } = post(this.#paths.inbox, this.#from, {
      verb: 'submit',
      hypothesis: oneLine(hypothesis, 2000),
      edits,
      parent: base,
    });
    const alive = lockOwner(path.join(this.#paths.lab, LOCK_FILE)) !== undefined;
    const text = alive
      ? 'taken in; poll for its result'
      : 'it waits: no harness is running; the next `overnight run` measures it';
    return { id, state: 'waiting', text };
  }

  /** What became of a submission; waits for its end at most `waitS` seconds. */
  async poll(id: string, waitS = 0): Promise<Polled> {
    for (const end = monotonicMs() + 1000 * Math.min(MOST_WAIT_S, Math.max(0, waitS)); ;) {
      const found = this.#look(id);
      if (found.state === 'done' || monotonicMs() >= end) return found;
      await sleep(LOOK_MS);
    }
  }

  /** The newest experiments, newest first, a line each. */
  history(most = 20): string {
    const { state } = this.#read();
    const rows = viewLab(state, this.#facts()).experiments.slice(
      -Math.min(MOST_HISTORY, Math.max(1, Math.floor(most))),
    );
    const line = rows.map(
      (row) =>
        `#${row.n} ${row.verdict} ${row.mean?.text ?? ''} ${oneLine(row.hypothesis, 160)} [${oneLine(row.effect?.text ?? row.reason, 160)}]`,
    );
    return line.reverse().join('\n');
  }

  /** What an experiment changed against its parent. */
  async diff(n: number): Promise<string> {
    const { state } = this.#read();
    const [code, parent] = [codeOf(state, n), codeOf(state, state.experiments[n]?.idea.parent ?? 0)];
    if (!code || !parent) throw notThere(n, state);
    const workspace = await openWorkspace(this.#paths.arena, this.#paths.store);
    return sanitize(await workspace.diff(parent.commit, code.commit)).slice(0, MOST_DIFF_CHARS);
  }

  /** Words for the record. */
  note(text: string): string {
    this.#read();
    return post(this.#paths.inbox, this.#from, { verb: 'note', text: oneLine(text, 4000) }).id;
  }

  #look(id: string): Polled {
    const { state } = this.#read();
    if (!state.requests.has(id)) {
      const waits =
        fs.existsSync(this.#paths.inbox) && fs.readdirSync(this.#paths.inbox).some((name) => name.includes(id));
      if (!waits) throw unusable(`There is no submission ${oneLine(id, 80)}.`, 'Give the id that `submit` returned.');
      return { id, state: 'waiting', text: 'not taken by a harness yet' };
    }
    const n = state.requests.get(id);
    if (n === undefined) return { id, state: 'done', text: 'it is recorded' };
    const page = viewExperiment(state, n, this.#facts())!;
    const { verdict, effect, mean, reason } = page.row;
    const open = verdict === 'running' || verdict === 'waiting';
    const parts = [`#${n} ${verdict}`, mean && `${page.metric} ${mean.text}`, effect?.text, oneLine(reason, 400)];
    return {
      id,
      state: open ? 'running' : 'done',
      experiment: n,
      ...(!open && { verdict }),
      text: parts.filter(Boolean).join('; '),
    };
  }

  async #editsOf(state: LabState, parent: number, diff: string): Promise<Record<string, string | null>> {
    const code = codeOf(state, parent);
    if (!code) throw notThere(parent, state);
    const role = roleOf(arenaOf(state));
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-diff-'));
    try {
      const workspace = await openWorkspace(this.#paths.arena, this.#paths.store);
      const dir = path.join(home, 'work');
      let before: Prints = new Map();
      const at = { commit: code.commit, dir, skip: (file: string) => role(file) === 'hidden' };
      const problem = await layPatch(workspace, at, diff, () => {
        before = printsOf(dir);
      });
      if (problem !== undefined)
        throw unusable(
          `The diff does not apply to #${parent}: ${problem}.`,
          'Make it against the files of that experiment, with a/ and b/ before the paths.',
        );
      const { edits, touched, strays, refusal } = harvest(dir, before, role, new Set());
      if (refusal) throw unusable(`${refusal.reason}.`, 'Change editable text files only.');
      const outside = [...touched, ...strays][0];
      if (outside !== undefined)
        throw unusable(
          `It changes ${oneLine(outside, 200)}, which is not editable.`,
          'Change editable files only; `overnight brief` lists them.',
        );
      return Object.fromEntries(edits.map(({ path: file, content }) => [file, content]));
    } finally {
      removeTree(home);
    }
  }

  #read(): { readonly state: LabState } {
    return readLedger(this.#paths.lab);
  }

  #facts(): Facts {
    return { now: now(), alive: true, tip: '' };
  }
}

const unusable = (why: string, next: string): LabError =>
  new LabError('E_SUBMIT', { what: 'This cannot be submitted.', why, next });

const notThere = (n: number, state: LabState): LabError =>
  new LabError('E_NOT_FOUND', {
    what: `There is no code of an experiment ${n} in this lab.`,
    why: `It has the numbers 0 (the baseline) to ${state.experiments.length - 1}; refused ones have no code.`,
    next: '`overnight log` lists them.',
  });
