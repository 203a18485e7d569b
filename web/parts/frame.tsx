/**
 * What stands around every page: name, state, pages, audit badge, the slider through the night, the notebook, the keys.
 */
import { useEffect, useState } from 'preact/hooks';
import { affordable } from '../../src/render/markdown.ts';
import type { AuditAnswer } from '../../src/view/answers.ts';
import type { Board } from '../../src/view/board.ts';
import { api, type Connection } from '../live.ts';
import { go, href, PAGES, type Page, usePlace } from '../url.ts';

const TITLES: Readonly<Record<Page, string>> = {
  overview: 'Overview',
  experiment: 'Experiment',
  compare: 'Compare',
  lineage: 'Lineage',
  machines: 'Machines & money',
  factors: 'Factors',
};

export function Link(props: {
  to: Parameters<typeof go>[0];
  class?: string;
  current?: boolean;
  label?: string;
  children: preact.ComponentChildren;
}) {
  const { to, children, current, label } = props;
  const follow = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    go(to);
  };
  return (
    <a
      href={href(to)}
      onClick={follow}
      class={props.class ?? ''}
      {...(current && { 'aria-current': 'page' as const })}
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
  readonly help: () => void;
}

export function Header({ board, connection, seq, help }: HeaderProps) {
  const place = usePlace();
  const factors = board.knobs > 0;
  const pages = PAGES.filter((page) => page !== 'factors' || factors);
  const shown = place.n ?? place.row ?? board.incumbent?.n ?? 0;
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
        <StatePill board={board} connection={connection} past={place.at !== undefined} />
        <span class="tools">
          <span class="soft seq">event {seq.toLocaleString('en-US')}</span>
          <Audit board={board} />
          <button type="button" aria-pressed={place.notebook} onClick={() => go({ notebook: !place.notebook })}>
            Notebook
          </button>
          <Theme />
          <button type="button" onClick={help} aria-label="Keys">
            ?
          </button>
        </span>
      </div>
      <nav aria-label="Pages">
        {pages.map((page) => (
          <Link key={page} to={page === 'experiment' ? { page, n: shown } : { page }} current={page === place.page}>
            {page === 'experiment'
              ? `Experiment #${shown}`
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

const LIVELY = new Set(['running']);
const TROUBLE = new Set(['broken', 'died', 'stalled']);

export function StatePill({
  board,
  connection,
  past,
}: {
  board: Pick<Board, 'state'> & { readonly paused?: boolean };
  connection: Connection;
  past?: boolean;
}) {
  const { kind, text } = board.state;
  if (past)
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
  const tone = LIVELY.has(kind) ? 'good' : TROUBLE.has(kind) ? 'bad' : 'calm';
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
  const [result, set] = useState<AuditAnswer | 'running' | undefined>();
  const broken = board.state.kind === 'broken' && board.state.text.includes('ledger');
  const run = (): void => {
    set('running');
    fetch(api('audit', { lab }))
      .then(async (answer) => set((await answer.json()) as AuditAnswer))
      .catch(() => set({ ok: false, checks: [{ name: 'audit', ok: false, detail: 'the server does not answer' }] }));
  };
  const words =
    result === 'running' ? 'auditing …' : result ? (result.ok ? 'audit ✓' : 'audit ✕') : broken ? 'chain ✕' : 'chain ✓';
  const bad = (typeof result === 'object' && !result.ok) || (!result && broken);
  return (
    <span class="audit">
      <button
        type="button"
        class={bad ? 'bad' : ''}
        onClick={run}
        title="The hash chain was checked while reading. Press to derive every verdict again from the ledger."
      >
        {words}
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
          <button type="button" onClick={() => set(undefined)}>
            close
          </button>
        </div>
      )}
    </span>
  );
}

type Scheme = 'auto' | 'light' | 'dark';
const SIGNS: Readonly<Record<Scheme, string>> = { auto: '◐', light: '○', dark: '●' };

function Theme() {
  const [scheme, set] = useState<Scheme>((localStorage.getItem('theme') as Scheme | null) ?? 'auto');
  useEffect(() => {
    localStorage.setItem('theme', scheme);
    document.documentElement.style.colorScheme = scheme === 'auto' ? '' : scheme;
  }, [scheme]);
  const next: Scheme = scheme === 'auto' ? 'dark' : scheme === 'dark' ? 'light' : 'auto';
  return (
    <button type="button" aria-label={`Colours: ${scheme}`} title={`Colours: ${scheme}`} onClick={() => set(next)}>
      {SIGNS[scheme]}
    </button>
  );
}

/** The night, replayed: the page as it was after any event. */
function Slider({ seq }: { seq: number }) {
  const { at } = usePlace();
  const [value, set] = useState(at ?? seq);
  useEffect(() => set(at ?? seq), [at, seq]);
  const pick = (next: number): void => {
    set(next);
    go({ at: next >= seq ? undefined : next });
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
          onInput={(event) => pick(Number(event.currentTarget.value))}
        />
      </label>
      {at === undefined ? (
        <span class="soft">now</span>
      ) : (
        <button type="button" onClick={() => go({ at: undefined })}>
          event {at} · back to now
        </button>
      )}
    </span>
  );
}

export function Notebook({ board }: { board: Board }) {
  const words = [...board.steering, ...board.notes];
  const { shown, rest } = affordable(board);
  return (
    <aside class="notebook" aria-label="Notebook">
      <div class="title">
        <h2>Notebook</h2>
        <button type="button" onClick={() => go({ notebook: false })} aria-label="Close the notebook">
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
        {shown.slice(0, 30).map((u) => (
          <li key={u.n}>
            <Link to={{ page: 'experiment', n: u.n }}>#{u.n}</Link> {u.what}
            <br />
            <span class="soft">{u.cost}</span>
          </li>
        ))}
      </ul>
      {rest !== '' && <p class="soft">{rest}</p>}
      <h3>Dead ends</h3>
      {board.deadEnds.length === 0 && <p class="soft">None yet.</p>}
      <ul>
        {board.deadEnds.slice(0, 40).map((d) => (
          <li key={d.theme}>
            <button type="button" class="plain" onClick={() => go({ page: 'overview', filter: `theme:"${d.theme}"` })}>
              <bdi>{d.theme}</bdi>
            </button>
            <br />
            <span class="soft">{d.text}</span>
          </li>
        ))}
      </ul>
      <h3>Steering and notes</h3>
      {words.length === 0 && <p class="soft">Nobody has written anything.</p>}
      <ul>
        {words.map((note) => (
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
      {text.split('`').map((part, k) =>
        k % 2 === 1 ? (
          <code key={k}>{part}</code>
        ) : (
          <span key={k}>
            <bdi>{part}</bdi>
          </span>
        ),
      )}
    </>
  );
}
