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
import { formatCount, oneLine, sanitizeText } from '../base/text.ts';
import { roleOf } from '../core/file-roles.ts';
import { whyOverBudget } from '../core/agent-budget.ts';
import { whyRefused } from '../core/request-check.ts';
import type { IdeaNote, LabRequest } from '../core/requests.ts';
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
import type { AskingAgent } from '../view/brief/team.ts';
import { followUpText } from '../view/brief/follow-up.ts';
import { viewLab } from '../view/lab/lab.ts';
import { noiseText, secondaryMeansOf, secondaryNoiseOf, secondaryShortText } from '../view/lab/secondary.ts';
import type { Facts } from '../view/types.ts';
import { openWorkspace } from '../workspace/git.ts';
import { applyUnifiedDiff } from '../workspace/patch.ts';
import { experimentStatus } from './experiment-status.ts';
import { experimentText } from './experiment-text.ts';
import { checkLearned, type Learned } from './learned.ts';
import { waitingInInbox } from './progress.ts';
import { RecentState } from './recent-state.ts';
import { overBudgetError, unknownIdError, unusableError } from './refusals.ts';
import { readRole } from './roles.ts';
import { readStatements, type Statements } from './statements.ts';
import { type BaseCode, baseCodeOf, chooseBase, describeBase, writeEdit } from './submission-base.ts';
import type { SubmissionStatus } from './submission-status.ts';
import { requireTry, type TryRequest, tryStatus } from './tries.ts';
import { checkRequest, recordedStatus } from './verbs.ts';
import { whyNotAdmitted, whyUnreadable } from './submission-check.ts';
import { waitingIdeasOf } from './waiting-ideas.ts';

export interface Submission extends Statements {
  readonly hypothesis: string;
  /** A unified diff against the files of `parent`. */
  readonly diff?: string;
  /** Instead of a diff: new content of whole files by path; `null` removes a file. */
  readonly files?: Readonly<Record<string, string | null>>;
  /** The experiment that it is made on. Absent: the incumbent for a diff; files need it once there is a step. */
  readonly parent?: number;
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
  readonly #model: string | undefined;
  readonly #heldBy: string | undefined;
  readonly #recent: RecentState<SubmissionStatus>;

  /**
   * `model` is the model behind an agent, as it says itself; `heldBy` who has the name that it wanted, where it got
   * another one.
   */
  constructor(paths: LabPaths, author: string, model?: string, heldBy?: string) {
    this.#heldBy = heldBy;
    this.#paths = paths;
    this.#recent = new RecentState(paths.lab);
    this.#author = oneLine(author, 100) || 'unknown';
    this.#model = model === undefined ? undefined : oneLine(model, 100) || undefined;
  }

  get author(): string {
    return this.#author;
  }

  get paths(): LabPaths {
    return this.#paths;
  }

  /** The whole brief, with the instructions of a role where one is named, or only what is new since an experiment. */
  async writeBrief(since?: number, roleName?: string): Promise<string> {
    const { state } = this.#readLab();
    const programPage = readText(path.join(this.#paths.arena, 'program.md'));
    const program = programPage === undefined ? undefined : { text: programPage, version: sha256Hex(programPage) };
    if (since !== undefined) {
      if (state.experiments[since] === undefined) throw notFoundError(since, state);
      return followUpText(state, this.#viewFacts(), since, program, this.#asking(state));
    }
    return briefText(state, this.#viewFacts(), {
      files: await this.#knobFiles(state),
      left: {},
      submits: true,
      agent: this.#asking(state),
      blob: (hash) => readBlobText(this.#paths.lab, hash),
      ...defined({ program, role: roleName === undefined ? undefined : readRole(this.#paths.arena, roleName) }),
    });
  }

  #asking(state: LabState): AskingAgent {
    const waiting = waitingIdeasOf(state, this.#paths.inbox, this.#author);
    return defined({ name: this.#author, heldBy: this.#heldBy, waiting });
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
  async submitChange({ hypothesis, diff, files, parent, ...said }: Submission): Promise<SubmissionStatus> {
    const { state } = this.#readLab();
    if (hypothesis.trim() === '')
      throw unusableError('It has no hypothesis.', 'Write in a sentence what should get better, and why.');
    if ((diff === undefined) === (files === undefined))
      throw unusableError('It needs either a diff or files.', 'Give one of them.');
    const overBudget = whyOverBudget(state, this.#author, this.#asking(state).waiting);
    if (overBudget !== undefined) throw overBudgetError(overBudget);
    const parentNumber = chooseBase(state, { parent, hasFiles: files !== undefined });
    const base = await this.#baseOf(state, parentNumber);
    const edits = files ?? (await this.#editsOf(state, { n: parentNumber, ...base }, diff!));
    if (Object.keys(edits).length === 0)
      throw unusableError('It changes nothing.', 'Change an editable file; `overnight brief` lists them.');
    const { note, understood } = readStatements(state, { ...defined({ model: this.#model }), ...said });
    const wish = {
      verb: 'submit' as const,
      hypothesis: oneLine(hypothesis, 2000),
      edits,
      parent: parentNumber,
      ...(note && { note: note as IdeaNote }),
    };
    this.#requireAdmissible(state, { parent: parentNumber, base }, wish);
    const { id } = postRequest(this.#paths.inbox, this.#author, wish);
    const statusText = this.#isAlive()
      ? 'it was submitted; poll for its result'
      : 'it waits, because no harness is running: the next `overnight run` measures it';
    const parts = [statusText, describeBase(state, parentNumber), understood];
    return { id, state: 'waiting', text: parts.filter(Boolean).join('; ') };
  }

  /**
   * Run a change for a few seconds without evaluator and number, between two measurements of the session that runs.
   * Throws E_WISH where none runs.
   */
  async tryOut({ diff, files, parent, guards = false, profile = false }: TryRequest): Promise<SubmissionStatus> {
    const { state } = this.#readLab();
    if (diff !== undefined && files !== undefined)
      throw unusableError('It has both a diff and files.', 'Give one of them.');
    const parentNumber = chooseBase(state, { parent, hasFiles: files !== undefined });
    requireTry(state, { from: this.#author, parent: parentNumber, guards, profile, isAlive: this.#isAlive() });
    const base = await this.#baseOf(state, parentNumber);
    const edits = files ?? (diff === undefined ? {} : await this.#editsOf(state, { n: parentNumber, ...base }, diff));
    const kinds = { ...(guards && { guards: true as const }), ...(profile && { profile: true as const }) };
    const wish = { verb: 'try-out' as const, edits, parent: parentNumber, ...kinds };
    const made = { parent: parentNumber, base, mayRepeat: true };
    if (Object.keys(edits).length > 0) this.#requireAdmissible(state, made, wish);
    const { id } = postRequest(this.#paths.inbox, this.#author, wish);
    return { id, state: 'waiting', text: 'it was asked for' };
  }

  /** The state of a submission. Waits at most `waitS` seconds for its result. */
  async pollSubmission(submissionId: string, waitS = 0): Promise<SubmissionStatus> {
    return (await this.pollSubmissions([submissionId], { waitS }))[0]!;
  }

  /** The states of several. Waits until all of them have a result, with `any` until one of them has. */
  async pollSubmissions(
    ids: readonly string[],
    { waitS = 0, any = false }: { readonly waitS?: number; readonly any?: boolean } = {},
  ): Promise<readonly SubmissionStatus[]> {
    const isDone = ({ state }: SubmissionStatus): boolean => state === 'done';
    for (const deadlineMs = monotonicMs() + 1000 * Math.min(MAX_WAIT_S, Math.max(0, waitS)); ;) {
      const statuses = ids.map((id) => {
        const status = this.#recent.answerFor(id, (lab) => this.#lookUp(id, lab));
        if (status) return status;
        throw unknownIdError(id);
      });
      const isOver = any ? statuses.some(isDone) : statuses.every(isDone);
      if (isOver || monotonicMs() >= deadlineMs) return statuses;
      await sleep(POLL_INTERVAL_MS);
    }
  }

  /** The newest experiments, newest first, one line each. */
  listHistory(maxRows = 20): string {
    const { state } = this.#readLab();
    const rows = viewLab(state, this.#viewFacts()).experiments.slice(
      -Math.min(MAX_HISTORY, Math.max(1, Math.floor(maxRows))),
    );
    const device = currentDevice(state);
    const secondaryNote = (n: number): string => {
      const secondary = secondaryMeansOf(state, n, device);
      const left = secondary.length - MAX_HISTORY_METRICS;
      const texts = secondary.slice(0, MAX_HISTORY_METRICS).map(secondaryShortText);
      return texts.length === 0 ? '' : ` {${texts.join(', ')}${left > 0 ? `, and ${left} more` : ''}}`;
    };
    const historyLines = rows.map(
      (row) =>
        `#${row.n} ${row.verdict} ${row.mean?.text ?? ''} ${oneLine(row.hypothesis, 160)} [${oneLine(row.effect?.text ?? row.reason, 160)}]${secondaryNote(row.n)}`,
    );
    const noise = [...secondaryNoiseOf(state, device)].slice(0, MAX_HISTORY_METRICS);
    const noiseLine = `In brackets: change against the parent. Noise of repeats: ${noise.map(([name, sigma]) => noiseText(name, sigma)).join(', ')}.`;
    const left = state.experiments.length - rows.length;
    return [
      ...historyLines.reverse(),
      ...(left > 0 ? [`[… ${formatCount(left, 'earlier experiment')}]`] : []),
      ...(noise.length > 0 ? [noiseLine] : []),
    ].join('\n');
  }

  /** One experiment: numbers, times, curve and the end of what it printed. */
  showExperiment(n: number, logLines?: number, curvePoints?: number): string {
    const { state } = this.#readLab();
    const text = experimentText(this.#paths.lab, state, n, this.#viewFacts(), { logLines, curvePoints });
    if (text === undefined) throw notFoundError(n, state);
    return text;
  }

  /** The diff of an experiment against its parent. */
  async showDiff(n: number): Promise<string> {
    const { state } = this.#readLab();
    const [experimentCode, parentCode] = [codeOf(state, n), codeOf(state, state.experiments[n]?.idea.parent ?? 0)];
    if (!experimentCode || !parentCode) throw notFoundError(n, state);
    const workspace = await openWorkspace(this.#paths.arena, this.#paths.store);
    const diffText = sanitizeText(await workspace.diffCommits(parentCode.commit, experimentCode.commit));
    if (diffText.length <= MAX_DIFF_CHARS) return diffText;
    return `${diffText.slice(0, MAX_DIFF_CHARS)}\n[… ${diffText.length - MAX_DIFF_CHARS} characters of the diff left out]`;
  }

  /**
   * Leave a note for the record, on one experiment or on the whole lab. With `learned` it is what an agent learned, and
   * later briefs show it. Returns its id.
   */
  leaveNote(noteText: string, n?: number, learned?: Learned): string {
    const { state } = this.#readLab();
    const request: LabRequest = {
      verb: 'note',
      text: oneLine(noteText, 4000),
      ...defined({ n, learned: learned && checkLearned(state, { model: this.#model, ...learned }) }),
    };
    const objection = whyRefused(state, request);
    if (objection !== undefined)
      throw new LabError('E_NOT_FOUND', {
        what: `A note on #${n} cannot be recorded.`,
        why: `${objection[0]!.toUpperCase()}${objection.slice(1)}.`,
        next: '`overnight log` lists the experiments.',
      });
    return postRequest(this.#paths.inbox, this.#author, request).id;
  }

  /** Ask something of the lab. A running harness applies it at once, else the next one does. Throws E_WISH. */
  ask(requestFor: (state: LabState) => LabRequest): SubmissionStatus {
    const { state } = this.#readLab();
    const request = checkRequest(state, requestFor(state), this.#author);
    const { id } = postRequest(this.#paths.inbox, this.#author, request);
    const text = this.#isAlive()
      ? 'it was asked for'
      : 'it waits, because no harness is running: the next `overnight run` takes it';
    return { id, state: 'waiting', text };
  }

  /** Throws E_SUBMIT when the harness would refuse the change, or not even read it. */
  #requireAdmissible(
    labState: LabState,
    made: { readonly parent: number; readonly base: BaseCode; readonly mayRepeat?: boolean },
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

  /** Undefined where neither the record nor the inbox has it. */
  #lookUp(
    id: string,
    { state, isAlive }: { readonly state: LabState; readonly isAlive: boolean },
  ): SubmissionStatus | undefined {
    if (!state.requests.has(id)) return this.#lookIntoInbox(id);
    const n = state.requests.get(id);
    const readText = (hash: string): string | undefined => readBlobText(this.#paths.lab, hash);
    if (n === undefined) return tryStatus(state, id, isAlive, readText) ?? recordedStatus(state, id);
    return experimentStatus(this.#paths.lab, state, id, n, { now: currentTime(), alive: isAlive, tip: '' });
  }

  #lookIntoInbox(submissionId: string): SubmissionStatus | undefined {
    const fileNames = fs.existsSync(this.#paths.inbox) ? fs.readdirSync(this.#paths.inbox).sort() : [];
    const isId = /^[A-Za-z0-9-]{8,64}$/.test(submissionId);
    const waiting = fileNames.filter((fileName) => fileName.endsWith('.json'));
    const place = isId ? waiting.findIndex((fileName) => fileName.endsWith(`-${submissionId}.json`)) : -1;
    if (place >= 0) return { id: submissionId, state: 'waiting', ...waitingInInbox(place) };
    if (isId && fileNames.some((fileName) => fileName.endsWith(`-${submissionId}.json.bad`)))
      return { id: submissionId, state: 'done', text: 'it was set aside, because it cannot be read as a request' };
    return undefined;
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

export function notFoundError(n: number, labState: LabState): LabError {
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
