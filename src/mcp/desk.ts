/**
 * What an agent or a person can do with a lab from outside: read the brief, submit a change, ask for its result, list
 * earlier experiments, leave a note. MCP and the command line offer the same verbs. Reads the record, writes to the
 * inbox, takes no lock, and decides nothing.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { oneLine, sanitizeText } from '../base/text.ts';
import { roleOf } from '../core/file-roles.ts';
import { whyRefused } from '../core/request-check.ts';
import { arenaOf, codeOf, currentDevice, type LabState } from '../core/state.ts';
import { postRequest } from '../ledger/inbox.ts';
import { LOCK_FILE, readBlobText, readLedger } from '../ledger/jsonl.ts';
import { lockOwner } from '../ledger/lock.ts';
import { monotonicMs, currentTime, sleep } from '../os/clock.ts';
import { readText, removeTree } from '../os/files.ts';
import type { LabPaths } from '../os/paths.ts';
import { collectChanges, type Fingerprints, fingerprintsOf } from '../proposers/folder.ts';
import { sha256Hex } from '../base/hash.ts';
import { briefText } from '../view/brief/brief.ts';
import { viewExperiment } from '../view/lab/experiment.ts';
import { viewLab } from '../view/lab/lab.ts';
import { secondaryMeansOf, secondaryMetricsOf, secondaryText } from '../view/lab/secondary.ts';
import { rawText } from '../view/format.ts';
import { verdictWord } from '../view/words.ts';
import { endOfIdea } from '../view/lab/place.ts';
import type { Facts } from '../view/types.ts';
import { openWorkspace } from '../workspace/git.ts';
import { applyUnifiedDiff } from '../workspace/patch.ts';
import { type ReadConflict, readConflict } from './conflict.ts';
import { type BaseCode, baseCodeOf, chooseBase, describeBase, writeEdit } from './submission-base.ts';
import { whyNotAdmitted, whyUnreadable } from './submission-check.ts';

export interface Submission {
  readonly hypothesis: string;
  /** A unified diff against the files of `parent`. */
  readonly diff?: string;
  /** Instead of a diff: new content of whole files by path; `null` removes a file. */
  readonly files?: Readonly<Record<string, string | null>>;
  /** The experiment that it is made on. Absent: the incumbent for a diff; files need it once there is a step. */
  readonly parent?: number;
}

export interface SubmissionStatus {
  readonly id: string;
  /**
   * `waiting`: no harness has taken it yet. `running`: it is an experiment that is not decided yet. `stopped`: the
   * same, and no harness works on it.
   */
  readonly state: 'waiting' | 'running' | 'stopped' | 'done';
  readonly experiment?: number;
  readonly verdict?: string;
  /** The experiment that it ended as, where it was carried over to the incumbent. */
  readonly carried?: number;
  /** Where it could not be merged with the incumbent: both changes. */
  readonly conflict?: ReadConflict;
  readonly text: string;
}

/** Longest wait in one tool call: clients give up after 60 s. */
export const MAX_WAIT_S = 25;
const POLL_INTERVAL_MS = 500;
const MAX_HISTORY = 50;
/** Secondary metrics in a line of the history. */
const MAX_HISTORY_METRICS = 5;
const MAX_DIFF_CHARS = 40_000;

export class Desk {
  readonly #paths: LabPaths;
  readonly #author: string;

  constructor(paths: LabPaths, author: string) {
    this.#paths = paths;
    this.#author = oneLine(author, 100) || 'unknown';
  }

  async writeBrief(): Promise<string> {
    const { state } = this.#readLab();
    const programPage = readText(path.join(this.#paths.arena, 'program.md'));
    return briefText(state, this.#viewFacts(), {
      files: await this.#knobFiles(state),
      left: {},
      submits: true,
      blob: (hash) => readBlobText(this.#paths.lab, hash),
      ...(programPage !== undefined && { program: { text: programPage, version: sha256Hex(programPage) } }),
    });
  }

  /** The files that hold the knobs, as the best code has them. */
  async #knobFiles(state: LabState): Promise<ReadonlyMap<string, string>> {
    const bestCode = codeOf(state, state.incumbent);
    const files = [...new Set((state.lab?.arena.knobs ?? []).map((knob) => knob.file))];
    if (!bestCode || files.length === 0) return new Map();
    const workspace = await openWorkspace(this.#paths.arena, this.#paths.store);
    return workspace.readFiles(bestCode.commit, files);
  }

  /** Put a change into the inbox. Throws E_SUBMIT with the reason for which the harness would refuse it. */
  async submitChange({ hypothesis, diff, files, parent }: Submission): Promise<SubmissionStatus> {
    const { state } = this.#readLab();
    if (hypothesis.trim() === '')
      throw unusableError('It has no hypothesis.', 'Write in a sentence what should get better, and why.');
    if ((diff === undefined) === (files === undefined))
      throw unusableError('It needs either a diff or files.', 'Give one of them.');
    const parentNumber = chooseBase(state, { parent, hasFiles: files !== undefined });
    const base = await this.#baseOf(state, parentNumber);
    const edits = files ?? (await this.#editsOf(state, { n: parentNumber, ...base }, diff!));
    if (Object.keys(edits).length === 0)
      throw unusableError('It changes nothing.', 'Change an editable file; `overnight brief` lists them.');
    const wish = { verb: 'submit' as const, hypothesis: oneLine(hypothesis, 2000), edits, parent: parentNumber };
    this.#requireAdmissible(state, { parent: parentNumber, base }, wish);
    const { id } = postRequest(this.#paths.inbox, this.#author, wish);
    const statusText = this.#isAlive()
      ? 'it was submitted; poll for its result'
      : 'it waits, because no harness is running: the next `overnight run` measures it';
    const baseText = describeBase(state, parentNumber);
    return { id, state: 'waiting', text: baseText === undefined ? statusText : `${statusText}; ${baseText}` };
  }

  /** The state of a submission. Waits at most `waitS` seconds for its result. */
  async pollSubmission(submissionId: string, waitS = 0): Promise<SubmissionStatus> {
    for (const deadlineMs = monotonicMs() + 1000 * Math.min(MAX_WAIT_S, Math.max(0, waitS)); ;) {
      const submissionStatus = this.#lookUp(submissionId);
      if (submissionStatus.state === 'done' || monotonicMs() >= deadlineMs) return submissionStatus;
      await sleep(POLL_INTERVAL_MS);
    }
  }

  /** The newest experiments, newest first, one line each. */
  listHistory(maxRows = 20): string {
    const { state } = this.#readLab();
    const rows = viewLab(state, this.#viewFacts()).experiments.slice(
      -Math.min(MAX_HISTORY, Math.max(1, Math.floor(maxRows))),
    );
    const secondaryNote = (n: number): string => {
      const secondary = secondaryMeansOf(state, n, currentDevice(state)).slice(0, MAX_HISTORY_METRICS);
      return secondary.length === 0
        ? ''
        : ` {${secondary.map(({ name, mean }) => `${name} ${rawText(Number(mean.toPrecision(4)))}`).join(', ')}}`;
    };
    const historyLines = rows.map(
      (row) =>
        `#${row.n} ${row.verdict} ${row.mean?.text ?? ''} ${oneLine(row.hypothesis, 160)} [${oneLine(row.effect?.text ?? row.reason, 160)}]${secondaryNote(row.n)}`,
    );
    return historyLines.reverse().join('\n');
  }

  /** The diff of an experiment against its parent. */
  async showDiff(n: number): Promise<string> {
    const { state } = this.#readLab();
    const [experimentCode, parentCode] = [codeOf(state, n), codeOf(state, state.experiments[n]?.idea.parent ?? 0)];
    if (!experimentCode || !parentCode) throw notFoundError(n, state);
    const workspace = await openWorkspace(this.#paths.arena, this.#paths.store);
    return sanitizeText(await workspace.diffCommits(parentCode.commit, experimentCode.commit)).slice(0, MAX_DIFF_CHARS);
  }

  /** Leave a note for the record, on one experiment or on the whole lab. Returns its id. */
  leaveNote(noteText: string, n?: number): string {
    const { state } = this.#readLab();
    const request = { verb: 'note' as const, text: oneLine(noteText, 4000), ...defined({ n }) };
    const objection = whyRefused(state, request);
    if (objection !== undefined)
      throw new LabError('E_NOT_FOUND', {
        what: `A note on #${n} cannot be recorded.`,
        why: `${objection[0]!.toUpperCase()}${objection.slice(1)}.`,
        next: '`overnight log` lists the experiments.',
      });
    return postRequest(this.#paths.inbox, this.#author, request).id;
  }

  /** Throws E_SUBMIT when the harness would refuse the change, or not even read it. */
  #requireAdmissible(
    labState: LabState,
    made: { readonly parent: number; readonly base: BaseCode },
    wish: { readonly edits: Readonly<Record<string, string | null>> },
  ): void {
    const edits = Object.entries(wish.edits).map(([filePath, content]) => ({ path: filePath, content }));
    const reason = whyNotAdmitted(labState, { ...made, edits }) ?? whyUnreadable(this.#author, wish);
    if (reason === undefined) return;
    throw unusableError(
      `It would be refused: ${oneLine(reason, 400)}.`,
      'Submit another change; `overnight brief` lists the files that may be changed and what was tried.',
    );
  }

  #lookUp(submissionId: string): SubmissionStatus {
    const { state } = this.#readLab();
    if (!state.requests.has(submissionId)) return this.#lookIntoInbox(submissionId);
    const n = state.requests.get(submissionId);
    if (n === undefined) return { id: submissionId, state: 'done', text: 'it was recorded' };
    const experimentView = viewExperiment(state, n, this.#viewFacts())!;
    const { verdict, discard, effect, mean, reason, place } = experimentView.row;
    const end = endOfIdea(state, n);
    const isOpen = end === undefined;
    const isStopped = isOpen && !this.#isAlive();
    const secondary = secondaryMetricsOf(state, n, currentDevice(state)).map(secondaryText);
    const conflict = readConflict(this.#paths.lab, experimentView.conflict);
    const statusParts = [
      `#${n} ${isStopped ? 'is not decided, and no harness is running: the next `overnight run` goes on with it' : verdictWord(verdict, discard)}`,
      place,
      end === undefined || end === n ? undefined : this.#carrierText(state, end),
      mean && `${experimentView.metric} ${mean.text}`,
      effect?.text,
      oneLine(reason, 400),
      secondary.length > 0 && `beside it ${oneLine(secondary.join(', '), 700)}`,
    ];
    return defined({
      id: submissionId,
      state: isStopped ? ('stopped' as const) : isOpen ? ('running' as const) : ('done' as const),
      experiment: n,
      verdict: isOpen ? undefined : end === n ? verdict : viewExperiment(state, end, this.#viewFacts())!.row.verdict,
      carried: end === undefined || end === n ? undefined : end,
      conflict,
      text: statusParts.filter(Boolean).join('; '),
    });
  }

  /** What became of the idea as the experiment that carries it over. */
  #carrierText(state: LabState, n: number): string {
    const { row, metric } = viewExperiment(state, n, this.#viewFacts())!;
    const numbers = [
      row.mean && `${metric} ${row.mean.text}`,
      row.effect && `${row.effect.text} against #${row.parent}`,
    ];
    return [`#${n} ${verdictWord(row.verdict, row.discard)}`, ...numbers, oneLine(row.reason, 300)]
      .filter(Boolean)
      .join(', ');
  }

  #lookIntoInbox(submissionId: string): SubmissionStatus {
    const fileNames = fs.existsSync(this.#paths.inbox) ? fs.readdirSync(this.#paths.inbox) : [];
    const isId = /^[A-Za-z0-9-]{8,64}$/.test(submissionId);
    if (isId && fileNames.some((fileName) => fileName.endsWith(`-${submissionId}.json`)))
      return { id: submissionId, state: 'waiting', text: 'no harness has taken it yet' };
    if (isId && fileNames.some((fileName) => fileName.endsWith(`-${submissionId}.json.bad`)))
      return { id: submissionId, state: 'done', text: 'it was set aside, because it cannot be read as a request' };
    const named = submissionId.trim() === '' ? 'without an id' : oneLine(submissionId, 80);
    throw new LabError('E_NOT_FOUND', {
      what: `There is no submission ${named}.`,
      why: `Neither the inbox nor the record of this lab has one ${submissionId.trim() === '' ? named : `called ${named}`}.`,
      next: 'Give the id that `submit` or `propose` returned; `--tag` chooses another lab.',
    });
  }

  async #baseOf(labState: LabState, n: number): Promise<BaseCode> {
    const workspace = await openWorkspace(this.#paths.arena, this.#paths.store);
    const base = await baseCodeOf(workspace, labState, n, (hash) => readBlobText(this.#paths.lab, hash));
    if (!base) throw notFoundError(n, labState);
    return base;
  }

  async #editsOf(
    labState: LabState,
    base: BaseCode & { readonly n: number },
    diffText: string,
  ): Promise<Record<string, string | null>> {
    const fileRoleOf = roleOf(arenaOf(labState));
    const scratchDir = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-diff-'));
    try {
      const workspace = await openWorkspace(this.#paths.arena, this.#paths.store);
      const workDir = path.join(scratchDir, 'work');
      let printsBefore: Fingerprints = new Map();
      const checkout = {
        commit: base.commit,
        dir: workDir,
        skip: (filePath: string) => fileRoleOf(filePath) === 'hidden',
      };
      const problem = await applyUnifiedDiff(workspace, checkout, diffText, () => {
        for (const edit of base.queuedEdits) writeEdit(workDir, edit);
        printsBefore = fingerprintsOf(workDir);
      });
      if (problem !== undefined)
        throw unusableError(
          `The diff does not apply to #${base.n}: ${problem}.`,
          base.n > 0
            ? `Make it against the files of that experiment, or say on which it was made: \`--parent 0\` is the code of your folder. It is compared with that code and carried over to the best.`
            : 'Make the diff against the files of that experiment, with a/ and b/ before the paths.',
        );
      const { edits, touched, strays, refusal } = collectChanges(workDir, printsBefore, fileRoleOf, new Set());
      if (refusal) throw unusableError(`${refusal.reason}.`, 'Change editable text files only.');
      const outsidePath = [...touched, ...strays][0];
      if (outsidePath !== undefined)
        throw unusableError(
          `It changes ${oneLine(outsidePath, 200)}, which is not editable.`,
          'Change editable files only; `overnight brief` lists them.',
        );
      return Object.fromEntries(edits.map(({ path: filePath, content }) => [filePath, content]));
    } finally {
      removeTree(scratchDir);
    }
  }

  #readLab(): { readonly state: LabState } {
    return readLedger(this.#paths.lab);
  }

  /** Does a harness work on the lab? */
  #isAlive(): boolean {
    return lockOwner(path.join(this.#paths.lab, LOCK_FILE)) !== undefined;
  }

  #viewFacts(): Facts {
    return { now: currentTime(), alive: this.#isAlive(), tip: '' };
  }
}

const unusableError = (reason: string, next: string): LabError =>
  new LabError('E_SUBMIT', { what: 'This cannot be submitted.', why: reason, next });

function notFoundError(n: number, labState: LabState): LabError {
  const experiment = labState.experiments[n];
  const isQueued = experiment?.state === 'proposed';
  return new LabError('E_NOT_FOUND', {
    what: `This lab has no code of an experiment ${n}${isQueued ? ' yet' : ''}.`,
    why: isQueued
      ? `#${n} is proposed, and its code is made when its turn comes.`
      : experiment
        ? `#${n} was refused${experiment.state === 'refused' ? `: ${oneLine(experiment.reason, 200)}` : ''}.`
        : labState.experiments.length === 0
          ? 'It has no experiment yet: the baseline is not measured.'
          : `It has the numbers 0 (the baseline) to ${labState.experiments.length - 1}.`,
    next: isQueued
      ? 'Wait for it with `overnight poll ID`, or build on another one.'
      : '`overnight log` lists the experiments.',
  });
}
