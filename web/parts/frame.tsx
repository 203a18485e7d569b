/**
 * What stands around every page: name, state, pages, audit badge, the slider through the night, the notebook, the keys.
 */
import { useEffect, useState } from 'preact/hooks';
import { summarizeUndecided } from '../../src/render/markdown.ts';
import type { AuditAnswer } from '../../src/view/answers.ts';
import type { Board } from '../../src/view/board.ts';
import { apiAddress, type Connection } from '../live.ts';
import { goTo, hrefOf, PAGES, type Page, usePlace } from '../url.ts';

const TITLES: Readonly<Record<Page, string>> = {
  overview: 'Overview',
  experiment: 'Experiment',
  compare: 'Compare',
  lineage: 'Lineage',
  machines: 'Machines & money',
  factors: 'Factors',
};

export function Link(props: {
  to: Parameters<typeof goTo>[0];
  class?: string;
  isCurrent?: boolean;
  label?: string;
  children: preact.ComponentChildren;
}) {
  const { to, children, isCurrent, label } = props;
  const followLink = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    goTo(to);
  };
  return (
    <a
      href={hrefOf(to)}
      onClick={followLink}
      class={props.class ?? ''}
      {...(isCurrent && { 'aria-current': 'page' as const })}
      {...(label && { 'aria-label': label })}
    >
      {children}
    </a>
  );
}

interface HeaderProps {
  readonly board: Board;
  readonly connection: Connection;
  readonly seq: number;
  readonly showHelp: () => void;
}

export function Header({ board, connection, seq, showHelp }: HeaderProps) {
  const place = usePlace();
  const hasFactors = board.knobs > 0;
  const pages = PAGES.filter((page) => page !== 'factors' || hasFactors);
  const shownN = place.n ?? place.row ?? board.incumbent?.n ?? 0;
  return (
    <header>
      <div class="top">
        <Link
          to={{ lab: '', page: 'overview', n: undefined, row: undefined, at: undefined, compare: [], filter: '' }}
          class="home"
          label="All labs"
        >
          ◐
        </Link>
        <h1>
          <bdi>{board.arena}</bdi>{' '}
          <span class="soft">
            <bdi>{board.tag}</bdi> · {board.metric.name} {board.metric.arrow}
          </span>
        </h1>
        <StatePill board={board} connection={connection} isPast={place.at !== undefined} />
        <span class="tools">
          <span class="soft seq">event {seq.toLocaleString('en-US')}</span>
          <Audit board={board} />
          <button type="button" aria-pressed={place.notebook} onClick={() => goTo({ notebook: !place.notebook })}>
            Notebook
          </button>
          <Theme />
          <button type="button" onClick={showHelp} aria-label="Keys">
            ?
          </button>
        </span>
      </div>
      <nav aria-label="Pages">
        {pages.map((page) => (
          <Link key={page} to={page === 'experiment' ? { page, n: shownN } : { page }} isCurrent={page === place.page}>
            {page === 'experiment'
              ? `Experiment #${shownN}`
              : page === 'compare' && place.compare.length > 0
                ? `Compare ${place.compare.length}`
                : TITLES[page]}
          </Link>
        ))}
        <Slider seq={seq} />
      </nav>
    </header>
  );
}

const LIVE_STATES = new Set(['running']);
const TROUBLED_STATES = new Set(['broken', 'died', 'stalled']);

export function StatePill({
  board,
  connection,
  isPast,
}: {
  board: Pick<Board, 'state'> & { readonly paused?: boolean };
  connection: Connection;
  isPast?: boolean;
}) {
  const { kind, text } = board.state;
  if (isPast)
    return (
      <span class="pill past" title={text}>
        ◷ as it was, {kind}
      </span>
    );
  if (connection === 'lost')
    return (
      <span class="pill bad" role="status">
        ✕ no connection to the server; last known: {kind}
      </span>
    );
  const tone = LIVE_STATES.has(kind) ? 'good' : TROUBLED_STATES.has(kind) ? 'bad' : 'calm';
  const sign = tone === 'good' ? '●' : tone === 'bad' ? '✕' : '■';
  return (
    <span class={`pill ${tone}`} title={text}>
      {sign} {kind}
      {board.paused ? ', paused' : ''}
    </span>
  );
}

/** The chain is checked as the ledger is read; the full audit derives every verdict again, when asked. */
function Audit({ board }: { board: Board }) {
  const { lab } = usePlace();
  const [result, setResult] = useState<AuditAnswer | 'running' | undefined>();
  const isBroken = board.state.kind === 'broken' && board.state.text.includes('ledger');
  const runAudit = (): void => {
    setResult('running');
    fetch(apiAddress('audit', { lab }))
      .then(async (response) => setResult((await response.json()) as AuditAnswer))
      .catch(() =>
        setResult({ ok: false, checks: [{ name: 'audit', ok: false, detail: 'the server does not answer' }] }),
      );
  };
  const caption =
    result === 'running'
      ? 'auditing …'
      : result
        ? result.ok
          ? 'audit ✓'
          : 'audit ✕'
        : isBroken
          ? 'chain ✕'
          : 'chain ✓';
  const isBad = (typeof result === 'object' && !result.ok) || (!result && isBroken);
  return (
    <span class="audit">
      <button
        type="button"
        class={isBad ? 'bad' : ''}
        onClick={runAudit}
        title="The hash chain was checked while reading. Press to derive every verdict again from the ledger."
      >
        {caption}
      </button>
      {typeof result === 'object' && (
        <div class="pop" role="dialog" aria-label="Audit">
          <ul>
            {result.checks.map((check) => (
              <li key={check.name} class={check.ok ? '' : 'bad'}>
                {check.ok ? '✓' : '✕'} <b>{check.name}</b> <span class="soft">{check.detail}</span>
              </li>
            ))}
          </ul>
          <button type="button" onClick={() => setResult(undefined)}>
            close
          </button>
        </div>
      )}
    </span>
  );
}

type Scheme = 'auto' | 'light' | 'dark';
const SCHEME_SIGNS: Readonly<Record<Scheme, string>> = { auto: '◐', light: '○', dark: '●' };

function Theme() {
  const [scheme, setScheme] = useState<Scheme>((localStorage.getItem('theme') as Scheme | null) ?? 'auto');
  useEffect(() => {
    localStorage.setItem('theme', scheme);
    document.documentElement.style.colorScheme = scheme === 'auto' ? '' : scheme;
  }, [scheme]);
  const nextScheme: Scheme = scheme === 'auto' ? 'dark' : scheme === 'dark' ? 'light' : 'auto';
  return (
    <button
      type="button"
      aria-label={`Colours: ${scheme}`}
      title={`Colours: ${scheme}`}
      onClick={() => setScheme(nextScheme)}
    >
      {SCHEME_SIGNS[scheme]}
    </button>
  );
}

/** The night, replayed: the page as it was after any event. */
function Slider({ seq }: { seq: number }) {
  const { at } = usePlace();
  const [value, setValue] = useState(at ?? seq);
  useEffect(() => setValue(at ?? seq), [at, seq]);
  const pickEvent = (chosenSeq: number): void => {
    setValue(chosenSeq);
    goTo({ at: chosenSeq >= seq ? undefined : chosenSeq });
  };
  return (
    <span class="slider">
      <label>
        <span class="soft">as of</span>
        <input
          type="range"
          min={0}
          max={Math.max(1, seq)}
          value={value}
          aria-label="As of event"
          aria-valuetext={at === undefined ? 'now' : `event ${at} of ${seq}`}
          onInput={(event) => pickEvent(Number(event.currentTarget.value))}
        />
      </label>
      {at === undefined ? (
        <span class="soft">now</span>
      ) : (
        <button type="button" onClick={() => goTo({ at: undefined })}>
          event {at} · back to now
        </button>
      )}
    </span>
  );
}

export function Notebook({ board }: { board: Board }) {
  const remarks = [...board.steering, ...board.notes];
  const { shown, rest } = summarizeUndecided(board);
  return (
    <aside class="notebook" aria-label="Notebook">
      <div class="title">
        <h2>Notebook</h2>
        <button type="button" onClick={() => goTo({ notebook: false })} aria-label="Close the notebook">
          ✕
        </button>
      </div>
      <h3>Next</h3>
      <ul>
        {board.next.map((text) => (
          <li key={text}>
            <Code text={text} />
          </li>
        ))}
      </ul>
      <h3>Ideas not tried yet</h3>
      {board.ideas.length === 0 && <p class="soft">Nobody who proposes has said what to try next.</p>}
      <ul>
        {board.ideas.map((idea) => (
          <li key={idea.text}>
            <bdi>{idea.text}</bdi>{' '}
            <span class="soft">
              said at <Link to={{ page: 'experiment', n: idea.n }}>#{idea.n}</Link>
            </span>
          </li>
        ))}
      </ul>
      <h3>Undecided</h3>
      {board.undecided.length === 0 && <p class="soft">Nothing is open.</p>}
      <ul>
        {shown.slice(0, 30).map((candidate) => (
          <li key={candidate.n}>
            <Link to={{ page: 'experiment', n: candidate.n }}>#{candidate.n}</Link> {candidate.what}
            <br />
            <span class="soft">{candidate.cost}</span>
          </li>
        ))}
      </ul>
      {rest !== '' && <p class="soft">{rest}</p>}
      <h3>Dead ends</h3>
      {board.deadEnds.length === 0 && <p class="soft">None yet.</p>}
      <ul>
        {board.deadEnds.slice(0, 40).map((theme) => (
          <li key={theme.theme}>
            <button
              type="button"
              class="plain"
              onClick={() => goTo({ page: 'overview', filter: `theme:"${theme.theme}"` })}
            >
              <bdi>{theme.theme}</bdi>
            </button>
            <br />
            <span class="soft">{theme.text}</span>
          </li>
        ))}
      </ul>
      <h3>Steering and notes</h3>
      {remarks.length === 0 && <p class="soft">Nobody has written anything.</p>}
      <ul>
        {remarks.map((note) => (
          <li key={note.at + note.text}>
            <span class="soft">
              {note.at}, <bdi>{note.from}</bdi>
            </span>
            <br />
            <bdi>{note.text}</bdi>
          </li>
        ))}
      </ul>
    </aside>
  );
}

/** Text with `commands` in it. */
export function Code({ text }: { text: string }) {
  return (
    <>
      {text.split('`').map((part, index) =>
        index % 2 === 1 ? (
          <code key={index}>{part}</code>
        ) : (
          <span key={index}>
            <bdi>{part}</bdi>
          </span>
        ),
      )}
    </>
  );
}
