/** Secondary metrics as information: what breaks a soft constraint, and which experiments no other beats in every respect. Never a verdict. */
import { count } from '../base/text.ts';
import { brokenConstraint, secondary } from '../core/decide.ts';
import { type Basis, meanOf } from './basis.ts';
import { fixed } from './format.ts';
import type { HealthView } from './types.ts';

/** Members of the set that are named. */
const MOST_NAMED = 8;

export function softLines(b: Basis): HealthView[] {
  const { incumbent } = b.state;
  if (incumbent === 0) return [];
  const soft = b.arena.constraints.filter((c) => !c.hard).map((c) => ({ ...b.arena, constraints: [{ ...c, hard: true }] }));
  const broken = soft.flatMap((arena) => brokenConstraint(b.state, arena, incumbent, 0, b.device) ?? []);
  return broken.map((text) => ({
    what: 'Soft limit',
    text: `#${incumbent} breaks one: ${text.replace('the incumbent’s', 'the baseline’s')}`,
    warning: true,
  }));
}

/** Experiments that none beats in the metric and in everything that a constraint names at once; undefined where none names anything. */
export function paretoText(b: Basis): string | undefined {
  const names = [...new Set(b.arena.constraints.map((c) => c.metric))];
  if (names.length === 0) return undefined;
  const signs = names.map((name) => (b.arena.constraints.find((c) => c.metric === name)!.max !== undefined ? -1 : 1));
  const points = b.state.experiments.flatMap((x) => {
    const { n } = x.idea;
    const own = meanOf(b.state, n, b.device);
    const others = names.map((name) => secondary(b.state, n, b.device, name));
    if (own?.device !== b.device || others.some((value) => value === undefined) || x.idea.kind === 'control') return [];
    return [{ n, at: [own.mean * b.sign, ...others.map((value, k) => value! * signs[k]!)], own: own.mean, others }];
  });
  const beats = (p: readonly number[], q: readonly number[]): boolean =>
    p.every((value, k) => value >= q[k]!) && p.some((value, k) => value > q[k]!);
  // Best score first: only what came before can beat a point, and what it beat need not be looked at.
  const front: typeof points = [];
  for (const p of points.sort((a, c) => c.at[0]! - a.at[0]!)) if (!front.some((q) => beats(q.at, p.at))) front.push(p);
  const named = front
    .slice(0, MOST_NAMED)
    .map((p) => `#${p.n} (${[b.format.value(p.own), ...names.map((name, k) => `${name} ${fixed(p.others[k]!, 2)}`)].join(', ')})`);
  const rest = front.length > MOST_NAMED ? ` and ${count(front.length - MOST_NAMED, 'other')}` : '';
  return named.length > 0 ? `${named.join('; ')}${rest}` : undefined;
}
