/** The first screen: is it alive, is it better, is that real, what did it cost, what next. Then every experiment. */
import { useEffect, useState } from 'preact/hooks';
import { formatCount } from '../../src/base/text.ts';
import type { Board, BoardRow } from '../../src/view/board.ts';
import { formatDollars, formatDuration, formatInteger } from '../../src/view/format.ts';
import { Code, Link } from '../parts/frame.tsx';
import { Stairs } from '../parts/stairs.tsx';
import { Table } from '../parts/table.tsx';
import { usePlace } from '../url.ts';

const TONES: Readonly<Record<Board['verdict']['outcome'], string>> = {
  confirmed: 'good',
  unconfirmed: 'doubt',
  'not shown': 'doubt',
  'nothing better': 'calm',
  'nothing yet': 'calm',
  calibrating: 'calm',
};

const TROUBLED_STATES = new Set(['broken', 'died', 'stalled']);

export function Overview({ board, rows }: { readonly board: Board; readonly rows: readonly BoardRow[] }) {
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
            <> · nothing better for {board.sinceBest.long}</>
          )}
        </p>
        {board.next[0] && (
          <p class="next">
            <b>Next</b> <Code text={board.next[0]} />
          </p>
        )}
      </section>
      <Numbers board={board} />
      <Running board={board} />
      {board.take.length > 0 && state.kind !== 'running' && (
        <p class="take soft">
          {board.take.map((entry) => (
            <span key={entry.command}>
              <code>{entry.command}</code> {entry.what}
            </span>
          ))}
        </p>
      )}
      <Stairs board={board} height={pictureHeight(board.experiments.length)} />
      <Table board={board} rows={rows} />
    </>
  );
}

/** The picture takes what the first screen has left, within reason; a picture of little needs less. */
function pictureHeight(experiments: number): number {
  const maxHeight = experiments < 2 ? 300 : 480;
  return Math.max(300, Math.min(maxHeight, innerHeight - 370));
}

function Numbers({ board }: { readonly board: Board }) {
  const { incumbent, champion, baseline, gain, counts } = board;
  const best = champion && champion.n > 0 ? champion : incumbent;
  const costPerGain =
    board.economics.confirmedGains > 0
      ? board.economics.lines.find((line) => line.what === 'Per confirmed gain')
      : undefined;
  return (
    <dl class="numbers">
      <Tile
        name={best && best.n > 0 ? `Best, #${best.n}` : 'Baseline'}
        value={best?.mean?.text ?? '–'}
        small={best?.half ? `± ${best.half.text} (95 %), ${formatCount(best.replicates, 'measurement')}` : ''}
      />
      <Tile
        name="Gain"
        value={gain ? (gain.effect.percentText ?? gain.effect.delta) : 'none confirmed'}
        small={
          gain
            ? `95 %: ${gain.effect.percentIntervalText ?? gain.effect.intervalText ?? ''}`
            : baseline?.mean
              ? `baseline ${baseline.mean.text}`
              : ''
        }
      />
      <Tile
        name="Is it real?"
        value={TRUST_WORDS[board.verdict.outcome]}
        small={`${board.trust.grade}: ${board.trust.reason}`}
        tone={board.trust.grade === 'reported' && board.sessions.length > 0 ? 'bad' : ''}
      />
      <Tile
        name="Tried"
        value={counts.text.split(' tried')[0]!}
        small={counts.text.replace(/^[\d,]+ tried( · )?/, '')}
      />
      <Tile name="Since best" value={formatInteger(board.sinceBest.experiments)} small={board.sinceBest.long} />
      <Tile
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
            <Bar key={bar.label} label={bar.label} share={bar.share} />
          ))}
          {board.limits.projection && <span class="soft">{board.limits.projection}</span>}
        </dd>
      </div>
    </dl>
  );
}

const TRUST_WORDS: Readonly<Record<Board['verdict']['outcome'], string>> = {
  confirmed: 'confirmed',
  unconfirmed: 'not tested yet',
  'not shown': 'not shown',
  'nothing better': 'nothing to confirm',
  'nothing yet': 'nothing measured',
  calibrating: 'calibrating',
};

function Tile({ name, value, small, tone = '' }: { name: string; value: string; small: string; tone?: string }) {
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

export function Bar({ label, share }: { label: string; share: number }) {
  return (
    <span class="bar">
      <progress max={1} value={share} aria-label={label} /> <span>{label}</span>
    </span>
  );
}

/** What runs now, with a clock of its own between events. */
function Running({ board }: { readonly board: Board }) {
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
          <Link key={measurement.m} to={{ page: 'experiment', n: measurement.n }}>
            <b>#{measurement.n}</b>
            <progress
              max={board.budget.seconds}
              value={Math.min(elapsedS, board.budget.seconds)}
              aria-label={`Progress of measurement ${measurement.m}`}
            />
            <span>
              {formatDuration(elapsedS)} of {formatDuration(board.budget.seconds)} and evaluation
            </span>
            {measurement.said && <span>{measurement.said}</span>}
            <bdi>{measurement.text}</bdi>
          </Link>
        );
      })}
    </section>
  );
}
