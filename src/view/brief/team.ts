/**
 * What an agent of a team is told about itself and the others: its role, its own ideas, what is left of its budget,
 * what it claims, and what others claim. Words of other agents are data. Pure.
 */
import { formatCount, oneLine } from '../../base/text.ts';
import { budgetLeft, budgetText } from '../../core/agent-budget.ts';
import { directionsAt, directionUntil, MAX_DIRECTION } from '../../core/directions.ts';
import type { LabState } from '../../core/state.ts';
import type { ExperimentView } from '../types.ts';
import { verdictWord } from '../words.ts';
import type { BriefPart } from './part.ts';

/** Who asks for the brief. */
export interface AskingAgent {
  readonly name: string;
  /** Who holds the name that it wanted, where it got another one. */
  readonly heldBy?: string;
  /** Ideas of it that wait in the inbox. */
  readonly waiting?: number;
}

export interface RoleText {
  readonly name: string;
  readonly text: string;
  /** `roles/explore.md`, or that it ships with Overnight. */
  readonly source: string;
}

/** Own ideas that are named, the newest. */
const MAX_OWN_IDEAS = 5;
const MAX_DIRECTIONS = 8;
const [ROLE_BYTES, OWN_BYTES, OTHERS_BYTES] = [1000, 800, 700];

/** The role, a text of the person or of Overnight. */
export const rolePart = (role: RoleText | undefined): BriefPart | undefined =>
  role && {
    title: `Your role: ${role.name} (${role.source})`,
    maxBytes: ROLE_BYTES,
    lines: role.text
      .trim()
      .split('\n')
      .map((line) => oneLine(line, 300)),
  };

/** What the asking agent proposed, may still spend and claims. Nothing where there is nothing to say. */
export function ownPart(
  state: LabState,
  rows: readonly ExperimentView[],
  agent: AskingAgent | undefined,
  now: string,
): BriefPart | undefined {
  if (agent === undefined) return undefined;
  const { name, heldBy } = agent;
  const own = state.experiments.filter(
    ({ idea }) => idea.kind === 'idea' && idea.proposer === name && idea.carries === undefined,
  );
  const shown = own.slice(-MAX_OWN_IDEAS).map(({ idea }) => ownIdea(state, rows, idea.n));
  const claims = directionsAt(state.steering.directions, now).filter(({ from }) => from === name);
  const left = leftText(state, agent);
  const lines = [
    ...(heldBy === undefined ? [] : [`You asked for another name: ${oneLine(heldBy, 160)}. Yours is ${name}.`]),
    ...(left === '' ? [] : [left]),
    ...claims.map((claim) => `You claim "${oneLine(claim.text, MAX_DIRECTION)}" until ${directionUntil(claim)}.`),
    ...(own.length === 0
      ? []
      : [`You proposed ${formatCount(own.length, 'idea')}${own.length > shown.length ? ', the newest' : ''}:`]),
    ...shown.reverse(),
  ];
  return lines.length === 0
    ? undefined
    : { title: `You are ${oneLine(name, 60)}`, maxBytes: OWN_BYTES, data: true, lines };
}

function ownIdea(state: LabState, rows: readonly ExperimentView[], n: number): string {
  const carrier = state.carryOvers.get(n)?.at(-1);
  const row = rows[carrier ?? n]!;
  const went = carrier === undefined ? '' : `, carried over as #${carrier}`;
  return `- #${n}${went} ${verdictWord(row.verdict, row.discard)}: ${oneLine(row.title ?? row.hypothesis, 100)}`;
}

/** `Left of your budget: 3 ideas.`; empty without a budget. */
export function leftText(state: LabState, { name, waiting }: AskingAgent): string {
  const left = budgetLeft(state, name, waiting);
  return left === undefined ? '' : `Left of your budget: ${budgetText(left)}.`;
}

/** What other agents claim, with at most so many characters of each: the asking one looks elsewhere. */
export function othersPart(
  state: LabState,
  agent: AskingAgent | undefined,
  now: string,
  maxText = MAX_DIRECTION,
): BriefPart | undefined {
  const others = directionsAt(state.steering.directions, now).filter(({ from }) => from !== agent?.name);
  if (others.length === 0) return undefined;
  const left = others.length - MAX_DIRECTIONS;
  return {
    title: 'Directions that others have claimed: look elsewhere',
    maxBytes: OTHERS_BYTES,
    data: true,
    lines: [
      ...others
        .slice(-MAX_DIRECTIONS)
        .reverse()
        .map(
          (claim) => `- ${oneLine(claim.from, 60)}, until ${directionUntil(claim)}: ${oneLine(claim.text, maxText)}`,
        ),
      ...(left > 0 ? [`[… ${formatCount(left, 'older one')} not shown]`] : []),
    ],
  };
}
