/** The first screen: state, result, evidence, cost and next step; then every experiment. */
import { useEffect, useState } from 'preact/hooks';
import { formatCount } from '../../src/base/text.ts';
import type { Board, BoardRow } from '../../src/view/board.ts';
import { formatDollars, formatDuration, formatInteger } from '../../src/view/format.ts';
import { TROUBLED_STATES } from '../frame/state-pill.tsx';
import { PlaceLink } from '../parts/link.tsx';
import { ProseWithCode } from '../parts/prose.tsx';
import { ShareBar } from '../parts/share-bar.tsx';
import { StaircasePlot } from '../parts/stairs.tsx';
import { ExperimentTable } from '../table/table.tsx';
import { usePlace } from '../url.ts';

const TONES: Readonly<Record<Board['verdict']['outcome'], string>> = {
  confirmed: 'good',
  contradicted: 'doubt',
  unconfirmed: 'doubt',
  'not shown': 'doubt',
  'nothing better': 'calm',
  'nothing yet': 'calm',
  calibrating: 'calm',
};

export function OverviewPage({ board, rows }: { readonly board: Board; readonly rows: readonly BoardRow[] }) {
  const { verdict, state } = board;
  return (
    <>
      <section class={`verdict ${TONES[verdict.outcome]}`} aria-label="Verdict">
        <p class="sentence">
          <bdi>{verdict.sentence}</bdi>
        </p>
        <p
          class={TROUBLED_STATES.has(state.kind) ? 'bad trouble' : 'soft'}
          {...(TROUBLED_STATES.has(state.kind) && { role: 'alert' })}
        >
          <bdi>{state.text}</bdi>
          {board.sinceBest.experiments > 0 && !TROUBLED_STATES.has(state.kind) && (
            <> · no step for {board.sinceBest.long}</>
          )}
        </p>
        {board.next[0] && (
          <p class="next">
            <b>Next</b> <ProseWithCode text={board.next[0]} />
          </p>
        )}
      </section>
      <NumberTiles board={board} />
      <RunningNow board={board} />
      {board.take.length > 0 && state.kind !== 'running' && (
        <p class="take soft">
          {board.take.map((entry) => (
            <span key={entry.command}>
              <code>{entry.command}</code> {entry.what}
            </span>
          ))}
        </p>
      )}
      <StaircasePlot board={board} height={pictureHeight(board.experiments.length)} />
      <ExperimentTable board={board} rows={rows} />
    </>
  );
}

/** The picture takes the rest of the first screen, within bounds; few experiments need less. */
function pictureHeight(experiments: number): number {
  const maxHeight = experiments < 2 ? 300 : 480;
  return Math.max(300, Math.min(maxHeight, innerHeight - 370));
}

function NumberTiles({ board }: { readonly board: Board }) {
  const { incumbent, champion, baseline, gain, counts } = board;
  const best = champion && champion.n > 0 ? champion : incumbent;
  const costPerGain =
    board.economics.confirmedGains > 0
      ? board.economics.lines.find((line) => line.code === 'per-confirmed-gain')
      : undefined;
  return (
    <dl class="numbers">
      <NumberTile
        name={best && best.n > 0 ? `Best, #${best.n}` : 'Baseline'}
        value={best?.mean?.text ?? '–'}
        small={best?.half ? `± ${best.half.text} (95 %), ${formatCount(best.replicates, 'measurement')}` : ''}
      />
      <NumberTile
        name="Gain"
        value={gain ? (gain.effect.percentText ?? gain.effect.amountText) : 'none confirmed'}
        small={
          gain
            ? `95 %: ${gain.effect.percentIntervalText ?? gain.effect.intervalText ?? ''}`
            : baseline?.mean
              ? `baseline ${baseline.mean.text}`
              : ''
        }
      />
      <NumberTile
        name="Is it real?"
        value={TRUST_WORDS[board.verdict.outcome]}
        small={`${board.trust.grade}: ${board.trust.reason}`}
        tone={board.trust.grade === 'reported' && board.sessions.length > 0 ? 'bad' : ''}
      />
      <NumberTile name="Tried" value={formatInteger(counts.tried)} small={counts.detail} />
      <NumberTile
        name="Since the last step"
        value={formatInteger(board.sinceBest.experiments)}
        small={board.sinceBest.long}
      />
      <NumberTile
        name="Spent"
        value={board.economics.usd === undefined ? board.time.text.sessions : formatDollars(board.economics.usd)}
        small={
          board.economics.usd === undefined
            ? board.spend.text
            : `${board.time.text.sessions}${costPerGain ? `; per confirmed gain ${costPerGain.text}` : ''}`
        }
      />
      <div class="tile">
        <dt>Budget</dt>
        <dd>
          {board.limits.bars.length === 0 && <span class="soft">no budget was set</span>}
          {board.limits.bars.map((bar) => (
            <ShareBar key={bar.label} label={bar.label} share={bar.share} />
          ))}
          {board.limits.projection && <span class="soft">{board.limits.projection}</span>}
        </dd>
      </div>
    </dl>
  );
}

const TRUST_WORDS: Readonly<Record<Board['verdict']['outcome'], string>> = {
  confirmed: 'confirmed',
  contradicted: 'not by the holdout',
  unconfirmed: 'not tested yet',
  'not shown': 'not shown',
  'nothing better': 'nothing to confirm',
  'nothing yet': 'nothing measured',
  calibrating: 'calibrating',
};

function NumberTile({ name, value, small, tone = '' }: { name: string; value: string; small: string; tone?: string }) {
  return (
    <div class={`tile ${tone}`}>
      <dt>{name}</dt>
      <dd>
        <span class="value">{value}</span>
        <span class="soft" title={small}>
          <bdi>{small}</bdi>
        </span>
      </dd>
    </div>
  );
}

/** What runs now, with a clock of its own between events. */
function RunningNow({ board }: { readonly board: Board }) {
  const { at } = usePlace();
  const [nowMs, setNowMs] = useState(Date.now());
  const isBusy = board.now.length > 0 && at === undefined && board.state.kind === 'running';
  useEffect(() => {
    if (!isBusy) return undefined;
    const timer = setInterval(() => setNowMs(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isBusy]);
  if (!isBusy)
    return board.thinking && at === undefined ? (
      <section class="running" aria-label="Running now">
        <p>{board.thinking}</p>
      </section>
    ) : null;
  return (
    <section class="running" aria-label="Running now">
      {board.now.map((measurement) => {
        const elapsedS = Math.max(0, (nowMs - Date.parse(measurement.startedAt)) / 1000);
        return (
          <PlaceLink key={measurement.m} to={{ page: 'experiment', n: measurement.n }}>
            <b>#{measurement.n}</b>
            <progress
              max={board.budget.expectedS}
              value={Math.min(elapsedS, board.budget.expectedS)}
              aria-label={`Progress of measurement ${measurement.m}`}
            />
            <span>
              {formatDuration(elapsedS)} of {board.budget.countsWords && 'about '}
              {formatDuration(board.budget.expectedS)} and evaluation
            </span>
            {measurement.said && <span>{measurement.said}</span>}
            <bdi>{measurement.text}</bdi>
          </PlaceLink>
        );
      })}
    </section>
  );
}
