/**
 * What a night costs: device-hours always, tokens and money where agents were asked; per experiment, per confirmed
 * gain, to the budget's end.
 */
import { count, oneLine } from '../../base/text.ts';
import type { Call } from '../../core/experiment.ts';
import type { LabState } from '../../core/state.ts';
import type { Basis } from '../basis.ts';
import { dollars, duration, fixed, NONE, whole } from '../format.ts';
import type { EconomicsView, ExperimentView, LimitsView } from '../types.ts';

const hours = (seconds: number): string => `${fixed(seconds / 3600, seconds < 36_000 ? 2 : 1)} device-hours`;

/** Money per experiment: what asking for each cost. Empty where no price is known. */
export function moneyByExperiment(state: LabState): ReadonlyMap<number, number> {
  const money = new Map<number, number>();
  for (const call of state.calls) {
    const usd = usageOf(call)?.usd;
    if (usd !== undefined) money.set(call.start.n, (money.get(call.start.n) ?? 0) + usd);
  }
  return money;
}

const usageOf = (call: Call) => call.end?.usage;

export function economicsView(
  b: Basis,
  rows: readonly ExperimentView[],
  tried: number,
  limits: LimitsView,
): EconomicsView {
  const deviceS = b.state.measurements.reduce(
    (sum, m) => sum + (m.state === 'finished' ? m.conditions.wallS + m.conditions.evaluateS : 0),
    0,
  );
  const confirmedGains = rows.filter((row) => row.standing === 'confirmed' || row.standing === 'in stack').length;
  const used = b.state.calls.flatMap((call) => usageOf(call) ?? []);
  const priced = used.filter((u) => u.usd !== undefined);
  const ideasUsd = priced.length > 0 ? priced.reduce((sum, u) => sum + u.usd!, 0) : undefined;
  const target = targetUse(b.state);
  const usd = ideasUsd === undefined && target.usd === undefined ? undefined : (ideasUsd ?? 0) + (target.usd ?? 0);
  const per = (amount: number, of: number, text: (x: number) => string): string => (of > 0 ? text(amount / of) : NONE);
  const both = (of: number): string =>
    of > 0
      ? [
          per(deviceS, of, (s) => `${duration(s)} of the device`),
          ...(usd === undefined ? [] : [per(usd, of, dollars)]),
        ].join(' and ')
      : NONE;
  const projected = projectionOf(tried, limits, deviceS, usd);
  const lines = [
    { what: 'Device', text: `${hours(deviceS)} (${duration(deviceS)})` },
    { what: 'Money for ideas', text: moneyText(b.state, used.length, priced.length, ideasUsd) },
    { what: 'Tokens for ideas', text: tokensText(used) },
    ...targetLines(target),
    { what: 'Per experiment', text: both(tried) },
    { what: 'Per confirmed gain', text: confirmedGains > 0 ? both(confirmedGains) : 'no gain is confirmed yet' },
    ...modelLines(b),
    ...(projected ? [{ what: 'At the budget’s end', text: projected }] : []),
  ];
  return { lines, deviceS, confirmedGains, ...(usd !== undefined && { usd }) };
}

/** What the models that are measured used, as evaluators tell it by these metrics. */
interface TargetUse {
  readonly tokens?: number;
  readonly usd?: number;
}

function targetUse(state: LabState): TargetUse {
  const told = (metric: string): number[] =>
    state.measurements.flatMap((m) =>
      m.state === 'finished' && m.outcome.kind === 'measured' ? (m.outcome.metrics[metric] ?? []) : [],
    );
  const [tokens, usd] = [told('target_tokens'), told('target_usd')];
  const sum = (all: readonly number[]): number => all.reduce((a, c) => a + c, 0);
  return { ...(tokens.length > 0 && { tokens: sum(tokens) }), ...(usd.length > 0 && { usd: sum(usd) }) };
}

function targetLines({ tokens, usd }: TargetUse): { what: string; text: string }[] {
  if (tokens === undefined && usd === undefined) return [];
  const parts = [
    ...(tokens === undefined ? [] : [`${whole(tokens)} tokens`]),
    ...(usd === undefined ? [] : [dollars(usd)]),
  ];
  return [{ what: 'Measured model', text: `${parts.join(', ')}, as the evaluator tells` }];
}

/** What each model was asked, gave and brought: the kept gains of its ideas, and what a dollar of it bought. */
function modelLines(b: Basis): { what: string; text: string }[] {
  const names = [...new Set(b.state.calls.map(nameOf))];
  return names.map((name) => {
    const calls = b.state.calls.filter((call) => nameOf(call) === name);
    const own = new Set(calls.map((call) => call.start.call));
    const ideas = b.state.experiments.filter((x) => x.idea.call !== undefined && own.has(x.idea.call));
    const kept = ideas.filter((x) => x.state === 'decided' && x.advanced);
    const gain = kept.reduce((sum, x) => sum + Math.max(0, (x.state === 'decided' && x.decision.effect) || 0), 0);
    const priced = calls.flatMap((call) => usageOf(call)?.usd ?? []);
    const usd = priced.reduce((sum, each) => sum + each, 0);
    const bought = usd > 0 ? `, ${b.format.value(gain / usd)} a dollar` : '';
    const text = `${count(calls.length, 'call')}, ${count(ideas.length, 'idea')}, ${whole(kept.length)} kept, ${b.format.value(gain)} gained${bought}`;
    return { what: `By ${name}`, text };
  });
}

const nameOf = ({ start }: Call): string =>
  oneLine(start.model === undefined ? start.agent : `${start.agent} (${start.model})`, 80);

function moneyText(state: LabState, used: number, priced: number, usd: number | undefined): string {
  if (state.calls.length === 0) return 'none: no agent or model was asked';
  if (usd === undefined) return 'not known: no prices are recorded';
  return priced < used ? `${dollars(usd)} for ${priced} of ${used} calls; the others have no price` : dollars(usd);
}

function tokensText(
  used: readonly { readonly inputTokens: number; readonly outputTokens: number; readonly cachedTokens: number }[],
): string {
  if (used.length === 0) return 'none';
  const sum = (of: (u: (typeof used)[number]) => number): string => whole(used.reduce((all, u) => all + of(u), 0));
  return `${sum((u) => u.inputTokens)} in (${sum((u) => u.cachedTokens)} from cache), ${sum((u) => u.outputTokens)} out`;
}

/** At the same rate, until the budget of experiments is used up. */
function projectionOf(tried: number, limits: LimitsView, deviceS: number, usd: number | undefined): string | undefined {
  const all = limits.experiments;
  if (all === undefined || tried === 0 || tried >= all) return undefined;
  const factor = all / tried;
  return `about ${hours(deviceS * factor)}${usd === undefined ? '' : ` and ${dollars(usd * factor)}`} for ${whole(all)} experiments`;
}
