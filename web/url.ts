/** The page's whole state is its address: read here, written here, nowhere else. Knows nothing about labs. */
import { useEffect, useState } from 'preact/hooks';

export const PAGES = ['overview', 'experiment', 'compare', 'lineage', 'machines', 'factors'] as const;
export type Page = (typeof PAGES)[number];

export interface Place {
  readonly lab: string;
  readonly page: Page;
  /** The experiment that is open. */
  readonly n?: number;
  /** The row that the keys move. */
  readonly row?: number;
  /** As of this event; absent = live. */
  readonly at?: number;
  readonly filter: string;
  readonly sort: string;
  readonly x: string;
  readonly y: string;
  readonly compare: readonly number[];
  readonly notebook: boolean;
  /** Part of a page to scroll to. */
  readonly part: string;
}

const number = (text: string | null): number | undefined =>
  text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined;

export function read(search: string): Place {
  const q = new URLSearchParams(search);
  const [n, row, at] = [number(q.get('n')), number(q.get('row')), number(q.get('at'))];
  const page = PAGES.find((each) => each === q.get('page')) ?? 'overview';
  return {
    lab: q.get('lab') ?? '',
    page,
    filter: q.get('filter') ?? '',
    sort: q.get('sort') ?? '-n',
    x: q.get('x') ?? 'experiment',
    y: q.get('y') ?? 'value',
    compare: (q.get('compare') ?? '').split(',').flatMap((text) => number(text) ?? []),
    notebook: q.get('notebook') === '1',
    part: q.get('part') ?? '',
    ...(n !== undefined && { n }),
    ...(row !== undefined && { row }),
    ...(at !== undefined && { at }),
  };
}

const DEFAULTS: Readonly<Record<string, string>> = { page: 'overview', sort: '-n', x: 'experiment', y: 'value' };

export function write(place: Place): string {
  const q = new URLSearchParams();
  const put = (key: string, value: string | number | undefined): void => {
    if (value !== undefined && value !== '' && String(value) !== DEFAULTS[key]) q.set(key, String(value));
  };
  const { lab, page, n, at, row, filter, sort, x, y, compare, notebook, part } = place;
  put('lab', lab);
  put('page', page);
  put('n', n);
  put('at', at);
  put('row', row);
  put('filter', filter);
  put('sort', sort);
  put('x', x);
  put('y', y);
  put('compare', compare.join(','));
  put('notebook', notebook ? 1 : undefined);
  put('part', part);
  const text = q.toString();
  return text ? `/?${text}` : '/';
}

export type Patch = { readonly [K in keyof Place]?: Place[K] | undefined };
type Listener = (place: Place) => void;
const listeners = new Set<Listener>();
let current = read(location.search);

export const place = (): Place => current;

/** Go somewhere: a new entry of the history where the page changes, the same one for moves within a page. */
export function go(patch: Patch): void {
  const next = { ...current, ...patch } as Place;
  const address = write(next);
  const same = next.page === current.page && next.lab === current.lab && next.n === current.n;
  if (address !== write(current)) history[same ? 'replaceState' : 'pushState'](null, '', address);
  current = next;
  for (const listener of listeners) listener(next);
}

addEventListener('popstate', () => {
  current = read(location.search);
  for (const listener of listeners) listener(current);
});

export function usePlace(): Place {
  const [value, set] = useState(current);
  useEffect(() => {
    listeners.add(set);
    set(current);
    return () => void listeners.delete(set);
  }, []);
  return value;
}

/** Address of a place, for links that may be opened in a tab of their own. */
export const href = (patch: Patch): string => write({ ...current, ...patch } as Place);
