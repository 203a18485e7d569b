/** The keys of every page, and the dialog that lists them. */
import { useEffect } from 'preact/hooks';
import type { Board, BoardRow } from '../../src/view/board.ts';
import { goTo, PAGES, currentPlace } from '../url.ts';
import { X_AXES, Y_AXES } from '../parts/stairs.tsx';
import { toggleCompare } from '../table/compare.ts';

const KEYS: readonly (readonly [string, string])[] = [
  ['/', 'filter the table'],
  ['j  k', 'next, previous row'],
  ['Enter', 'open the experiment'],
  ['d', 'its diff'],
  ['c', 'add to compare, or remove'],
  ['Shift c', 'compare'],
  ['x  y', 'next axis'],
  ['+  −  0', 'in the staircase: nearer, further, all of it; arrows move'],
  ['[  ]', 'one event back, one event forward'],
  ['n', 'notebook'],
  ['1 … 6', 'pages'],
  ['Esc', 'back, close'],
  ['?', 'this list'],
];

export function useKeys(
  board: Board | undefined,
  rows: readonly BoardRow[],
  seq: number,
  toggleHelp: (request: boolean | 'turn') => void,
): void {
  useEffect(() => {
    if (!board) return undefined;
    const handleKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target as HTMLElement;
      if (target.matches('input[type=search], textarea, input[type=text], input[type=number], select')) {
        if (event.key === 'Escape' || event.key === 'Enter') target.blur();
        return;
      }
      if (actOnKey(event.key, rows, seq, toggleHelp, target)) event.preventDefault();
    };
    addEventListener('keydown', handleKey);
    return () => removeEventListener('keydown', handleKey);
  }, [board !== undefined, rows, seq]);
}

/** True when the key means something here. */
function actOnKey(
  key: string,
  rows: readonly BoardRow[],
  seq: number,
  toggleHelp: (request: boolean | 'turn') => void,
  target: HTMLElement,
): boolean {
  const here = currentPlace();
  const chosenN = here.page === 'experiment' ? here.n : here.row;
  const page = PAGES[Number(key) - 1];
  if (page) return asHandled(goTo({ page, ...(page === 'experiment' && { n: here.n ?? here.row ?? 0 }) }));
  switch (key) {
    case '/':
      if (!document.getElementById('filter')) goTo({ page: 'overview' });
      // At once, or what is typed next would be taken for keys; and again when the page that has the field is drawn.
      focusFilter();
      setTimeout(focusFilter, 0);
      return true;
    case 'j':
    case 'k':
      return moveRow(key === 'j' ? 1 : -1, rows, chosenN);
    case 'ArrowDown':
    case 'ArrowUp':
      return target.closest('.grid') !== null && moveRow(key === 'ArrowDown' ? 1 : -1, rows, chosenN);
    case 'Enter':
      if (target.matches('button, a, input, summary')) return false;
      return chosenN !== undefined && asHandled(goTo({ page: 'experiment', n: chosenN, part: '' }));
    case 'd':
      return chosenN !== undefined && asHandled(goTo({ page: 'experiment', n: chosenN, part: 'diff' }));
    case 'c':
      return chosenN !== undefined && asHandled(toggleCompare(chosenN));
    case 'C':
      return asHandled(goTo({ page: 'compare' }));
    case 'x':
      return asHandled(goTo({ x: optionAfter(X_AXES, here.x), zoom: '' }));
    case 'y':
      return asHandled(goTo({ y: optionAfter(Y_AXES, here.y) }));
    case '[':
      return asHandled(goTo({ at: Math.max(0, (here.at ?? seq) - 1) }));
    case ']':
      return asHandled(goTo({ at: here.at === undefined || here.at + 1 >= seq ? undefined : here.at + 1 }));
    case 'n':
      return asHandled(goTo({ notebook: !here.notebook }));
    case '?':
      return asHandled(toggleHelp('turn'));
    case 'Escape':
      if (document.querySelector('.help')) return asHandled(toggleHelp(false));
      return asHandled(
        here.notebook
          ? goTo({ notebook: false })
          : here.page !== 'overview'
            ? goTo({ page: 'overview', part: '' })
            : goTo({ filter: '' }),
      );
    default:
      return false;
  }
}

const focusFilter = (): void => document.getElementById('filter')?.focus();
const asHandled = (_: void): true => true;

function moveRow(offset: 1 | -1, rows: readonly BoardRow[], chosenN: number | undefined): boolean {
  if (rows.length === 0) return true;
  const index = rows.findIndex((row) => row.n === chosenN);
  const nextRow = rows[index < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, index + offset))]!;
  goTo(currentPlace().page === 'experiment' ? { n: nextRow.n, row: nextRow.n } : { row: nextRow.n });
  return true;
}

function optionAfter(options: readonly (readonly [string, string])[], currentId: string): string {
  const index = options.findIndex(([id]) => id === currentId);
  return options[(index + 1) % options.length]![0];
}

export function KeyHelp({ close }: { close: () => void }) {
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
          Filter: <code>status:kept</code> <code>gain&gt;0.001</code> <code>DEPTH=2,4</code> <code>LR&lt;=0.01</code>{' '}
          <code>theme:DEPTH</code> <code>text:warmup</code> <code>n&lt;50</code> <code>-status:crashed</code> words. A
          knob that is named like a field: <code>knob.n&gt;3</code>
        </p>
        <button type="button" onClick={close}>
          close
        </button>
      </div>
    </div>
  );
}
