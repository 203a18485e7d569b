/**
 * How well each proposer knows what its ideas bring: the effect that it stated, beside the effect that was measured.
 * Only ideas that stated an effect and got a number count. Pure; no verdict hangs on it.
 */
import { defined } from '../../base/defined.ts';
import { tQuantile } from '../../base/distributions.ts';
import { mean, standardDeviationOf, wilsonInterval } from '../../base/stats.ts';
import { formatCount, oneLine } from '../../base/text.ts';
import type { Experiment } from '../../core/experiment.ts';
import { type Basis, effectView, meanOf } from '../basis.ts';
import { formatPercent } from '../format.ts';
import type { CalibrationView } from '../calibration-types.ts';

interface StatedEffect {
  readonly proposer: string;
  /** In units of the metric, positive is better. Absent where percent of nothing cannot be told. */
  readonly expected?: number;
  /** Absent where the idea got no number: it crashed, was refused or is open. */
  readonly measured?: number;
}

/** One row for each proposer that stated effects, the one with most of them first. */
export function calibrationViews(basis: Basis): CalibrationView[] {
  const stated = basis.state.experiments.flatMap((experiment) => statedEffectOf(basis, experiment) ?? []);
  return [...new Set(stated.map(({ proposer }) => proposer))]
    .map((proposer) =>
      calibrationOf(
        basis,
        proposer,
        stated.filter((effect) => effect.proposer === proposer),
      ),
    )
    .sort((left, right) => right.stated - left.stated || (left.proposer < right.proposer ? -1 : 1));
}

function statedEffectOf(basis: Basis, experiment: Experiment): StatedEffect | undefined {
  const { kind, note, proposer } = experiment.idea;
  if (kind !== 'idea' || !note?.effect) return undefined;
  const decision = experiment.state === 'decided' ? experiment.decision : undefined;
  const against = decision ? meanOf(basis.state, decision.against, basis.device)?.mean : undefined;
  const { amount, in: unit } = note.effect;
  const percentOf = against === undefined || against === 0 ? undefined : Math.abs(against) / 100;
  const expected = unit === 'metric' || amount === 0 ? amount : percentOf && amount * percentOf;
  return { proposer: oneLine(proposer, 60), ...defined({ expected, measured: decision?.effect }) };
}

function calibrationOf(basis: Basis, proposer: string, effects: readonly StatedEffect[]): CalibrationView {
  const pairs = effects.flatMap(({ expected, measured }) =>
    expected === undefined || measured === undefined ? [] : [{ expected, measured }],
  );
  const directed = pairs.filter(({ expected }) => expected !== 0);
  const signRight = directed.filter(({ expected, measured }) => expected * measured > 0).length;
  const signRange = directed.length > 0 ? wilsonInterval(signRight, directed.length) : undefined;
  const measured = pairs.map((pair) => pair.measured);
  const expectedMean = pairs.length > 0 ? mean(pairs.map((pair) => pair.expected)) : undefined;
  const measuredEffect = pairs.length > 0 ? effectView(basis, mean(measured), intervalOf(measured)) : undefined;
  const expectedEffect =
    expectedMean === undefined
      ? undefined
      : effectView(basis, expectedMean, undefined, undefined, Math.abs(expectedMean) / 10);
  const sign =
    signRange === undefined
      ? ''
      : `sign right in ${signRight} of ${directed.length} (95 %: ${formatPercent(signRange[0])} to ${formatPercent(signRange[1])})`;
  const means =
    expectedEffect && measuredEffect
      ? `expected ${expectedEffect.words} on average, measured ${measuredEffect.text}`
      : '';
  const unmeasured = effects.length - pairs.length;
  const without = unmeasured > 0 ? `${unmeasured} more without a number` : '';
  const counted = `${formatCount(pairs.length, 'idea')} with a stated effect and a number`;
  return defined({
    proposer,
    stated: effects.length,
    measured: pairs.length,
    directed: directed.length,
    signRight,
    signRange,
    expectedMean,
    expectedText: expectedEffect?.words ?? '',
    measuredMean: measuredEffect?.raw,
    measuredText: measuredEffect?.text ?? '',
    signText: sign,
    text: [counted, sign, means, without].filter((part) => part !== '').join('; '),
  });
}

/** The 95 % interval of the mean of measured effects; undefined for a single one. */
function intervalOf(measured: readonly number[]): [number, number] | undefined {
  if (measured.length < 2) return undefined;
  const half = (tQuantile(0.975, measured.length - 1) * standardDeviationOf(measured)) / Math.sqrt(measured.length);
  const centre = mean(measured);
  return [centre - half, centre + half];
}
