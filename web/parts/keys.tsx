/** The keys of every page, and the card that lists them. */
import { useEffect } from 'preact/hooks';
import type { Board, BoardRow } from '../../src/view/board.ts';
import { go, PAGES, place } from '../url.ts';
import { X_AXES, Y_AXES } from './stairs.tsx';
import { toggleCompare } from './table.tsx';

const KEYS: readonly (readonly [string, string])[] = [
  ['/', 'filter the table'],
  ['j  k', 'next, previous row'],
  ['Enter', 'open the experiment'],
  ['d', 'its diff'],
  ['c', 'add to compare, or take out'],
  ['Shift c', 'compare'],
  ['x  y', 'other axis'],
  ['[  ]', 'one event back, forward in time'],
  ['n', 'notebook'],
  ['1 … 6', 'pages'],
  ['Esc', 'back, close'],
  ['?', 'this card'],
];

export function useKeys(
  board: Board | undefined,
  rows: readonly BoardRow[],
  seq: number,
  help: (show: boolean | 'turn') => void,
): void {
  useEffect(() => {
    if (!board) return undefined;
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target as HTMLElement;
      if (target.matches('input[type=search], textarea, input[type=text]')) {
        if (event.key === 'Escape' || event.key === 'Enter') target.blur();
        return;
      }
      if (act(event.key, rows, seq, help, target)) event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [board !== undefined, rows, seq]);
}

/** True when the key means something here. */
function act(
  key: string,
  rows: readonly BoardRow[],
  seq: number,
  help: (show: boolean | 'turn') => void,
  target: HTMLElement,
): boolean {
  const here = place();
  const chosen = here.page === 'experiment' ? here.n : here.row;
  const page = PAGES[Number(key) - 1];
  if (page) return done(go({ page, ...(page === 'experiment' && { n: here.n ?? here.row ?? 0 }) }));
  switch (key) {
    case '/':
      if (here.page !== 'overview') go({ page: 'overview' });
      // At once, or what is typed next would be taken for keys; and again when the page that has the field is drawn.
      focusFilter();
      setTimeout(focusFilter, 0);
      return true;
    case 'j':
    case 'k':
      return move(key === 'j' ? 1 : -1, rows, chosen);
    case 'ArrowDown':
    case 'ArrowUp':
      return target.closest('.grid') !== null && move(key === 'ArrowDown' ? 1 : -1, rows, chosen);
    case 'Enter':
      if (target.matches('button, a, input, summary')) return false;
      return chosen !== undefined && done(go({ page: 'experiment', n: chosen, part: '' }));
    case 'd':
      return chosen !== undefined && done(go({ page: 'experiment', n: chosen, part: 'diff' }));
    case 'c':
      return chosen !== undefined && done(toggleCompare(chosen));
    case 'C':
      return done(go({ page: 'compare' }));
    case 'x':
      return done(go({ x: after(X_AXES, here.x) }));
    case 'y':
      return done(go({ y: after(Y_AXES, here.y) }));
    case '[':
      return done(go({ at: Math.max(0, (here.at ?? seq) - 1) }));
    case ']':
      return done(go({ at: here.at === undefined || here.at + 1 >= seq ? undefined : here.at + 1 }));
    case 'n':
      return done(go({ notebook: !here.notebook }));
    case '?':
      return done(help('turn'));
    case 'Escape':
      if (document.querySelector('.help')) return done(help(false));
      return done(
        here.notebook
          ? go({ notebook: false })
          : here.page !== 'overview'
            ? go({ page: 'overview', part: '' })
            : go({ filter: '' }),
      );
    default:
      return false;
  }
}

const focusFilter = (): void => document.getElementById('filter')?.focus();
const done = (_: void): true => true;

function move(by: 1 | -1, rows: readonly BoardRow[], chosen: number | undefined): boolean {
  if (rows.length === 0) return true;
  const at = rows.findIndex((row) => row.n === chosen);
  const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))]!;
  go(place().page === 'experiment' ? { n: next.n, row: next.n } : { row: next.n });
  return true;
}

function after(options: readonly (readonly [string, string])[], now: string): string {
  const at = options.findIndex(([id]) => id === now);
  return options[(at + 1) % options.length]![0];
}

export function Help({ close }: { close: () => void }) {
  return (
    <div class="help" role="dialog" aria-label="Keys" aria-modal="true" onClick={close}>
      <div>
        <h2>Keys</h2>
        <dl>
          {KEYS.map(([key, what]) => (
            <>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{what}</dd>
            </>
          ))}
        </dl>
        <p class="soft">
          Filter: <code>status:kept</code> <code>gain&gt;0.001</code> <code>theme:DEPTH</code> <code>n&lt;50</code>{' '}
          <code>-status:crashed</code> words
        </p>
        <button type="button" onClick={close}>
          close
        </button>
      </div>
    </div>
  );
}
