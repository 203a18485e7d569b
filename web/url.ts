/** The page's whole state is its address: read here, written here, nowhere else. Knows nothing about labs. */
import { useEffect, useState } from 'preact/hooks';
import type { OverlayY } from '../src/view/pictures/overlay.ts';
import { MAX_SMOOTHING } from '../src/view/pictures/smooth.ts';

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
  /** Columns of the table, by their ids; empty = nobody chose. */
  readonly columns: string;
  readonly x: string;
  readonly y: string;
  /** Part of the staircase that is shown, in the unit of its x axis: `120~300`. Empty = all. */
  readonly zoom: string;
  /** What sets its y axis. */
  readonly scale: string;
  /** The two knobs whose picture is shown. */
  readonly knobX: string;
  readonly knobY: string;
  readonly compare: readonly number[];
  readonly notebook: boolean;
  /** What is looked for in outputs, and whether only lines that hold it are shown. */
  readonly find: string;
  readonly matching: boolean;
  /** Weight of the moving average in plots of curves, 0 to 0.99. */
  readonly smooth: number;
  /** Labs that the start page draws together, and in which unit. */
  readonly over: readonly string[];
  readonly overlay: OverlayY;
  /** Layout of diffs; empty = what the screen has room for. */
  readonly diff: '' | 'split' | 'unified';
  /** Part of a page to scroll to. */
  readonly part: string;
}

const parseNumber = (text: string | null): number | undefined =>
  text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined;

export function parsePlace(search: string): Place {
  const query = new URLSearchParams(search);
  const [n, row, at] = [parseNumber(query.get('n')), parseNumber(query.get('row')), parseNumber(query.get('at'))];
  const page = PAGES.find((candidate) => candidate === query.get('page')) ?? 'overview';
  return {
    lab: query.get('lab') ?? '',
    page,
    filter: query.get('filter') ?? '',
    sort: query.get('sort') ?? '-n',
    columns: query.get('columns') ?? '',
    x: query.get('x') ?? 'experiment',
    y: query.get('y') ?? 'value',
    zoom: query.get('zoom') ?? '',
    scale: query.get('scale') ?? 'typical',
    knobX: query.get('across') ?? '',
    knobY: query.get('up') ?? '',
    compare: (query.get('compare') ?? '').split(',').flatMap((text) => parseNumber(text) ?? []),
    notebook: query.get('notebook') === '1',
    part: query.get('part') ?? '',
    find: query.get('find') ?? '',
    over: query.getAll('over'),
    overlay: (['value', 'gain'] as const).find((unit) => unit === query.get('overlay')) ?? '',
    smooth: Math.min(MAX_SMOOTHING, Math.max(0, Number(query.get('smooth')) || 0)),
    matching: query.get('matching') === '1',
    diff: (['split', 'unified'] as const).find((mode) => mode === query.get('diff')) ?? '',
    ...(n !== undefined && { n }),
    ...(row !== undefined && { row }),
    ...(at !== undefined && { at }),
  };
}

const DEFAULTS: Readonly<Record<string, string>> = {
  page: 'overview',
  sort: '-n',
  x: 'experiment',
  y: 'value',
  scale: 'typical',
};

export function formatPlace(place: Place): string {
  const query = new URLSearchParams();
  const setQuery = (key: string, value: string | number | undefined): void => {
    if (value !== undefined && value !== '' && String(value) !== DEFAULTS[key]) query.set(key, String(value));
  };
  const {
    lab,
    page,
    n,
    at,
    row,
    filter,
    sort,
    columns,
    x,
    y,
    zoom,
    scale,
    knobX,
    knobY,
    compare,
    notebook,
    part,
    diff,
    find,
    matching,
    smooth,
    over,
    overlay,
  } = place;
  setQuery('lab', lab);
  setQuery('page', page);
  setQuery('n', n);
  setQuery('at', at);
  setQuery('row', row);
  setQuery('filter', filter);
  setQuery('sort', sort);
  setQuery('columns', columns);
  setQuery('x', x);
  setQuery('y', y);
  setQuery('zoom', zoom);
  setQuery('scale', scale);
  setQuery('across', knobX);
  setQuery('up', knobY);
  setQuery('compare', compare.join(','));
  setQuery('notebook', notebook ? 1 : undefined);
  setQuery('part', part);
  setQuery('diff', diff);
  setQuery('find', find);
  setQuery('overlay', overlay);
  for (const id of over) query.append('over', id);
  setQuery('smooth', smooth === 0 ? undefined : smooth);
  setQuery('matching', matching ? 1 : undefined);
  const queryText = query.toString();
  return queryText ? `/?${queryText}` : '/';
}

export type PlacePatch = { readonly [K in keyof Place]?: Place[K] | undefined };
type Listener = (place: Place) => void;
const listeners = new Set<Listener>();
let current = parsePlace(location.search);

export const currentPlace = (): Place => current;

/** Go somewhere: a new entry of the history where the page changes, the same one for moves within a page. */
export function goTo(patch: PlacePatch): void {
  const nextPlace = { ...current, ...patch } as Place;
  const address = formatPlace(nextPlace);
  const isSamePage = nextPlace.page === current.page && nextPlace.lab === current.lab && nextPlace.n === current.n;
  if (address !== formatPlace(current)) history[isSamePage ? 'replaceState' : 'pushState'](null, '', address);
  current = nextPlace;
  for (const listener of listeners) listener(nextPlace);
}

addEventListener('popstate', () => {
  current = parsePlace(location.search);
  for (const listener of listeners) listener(current);
});

export function usePlace(): Place {
  const [value, setValue] = useState(current);
  useEffect(() => {
    listeners.add(setValue);
    setValue(current);
    return () => void listeners.delete(setValue);
  }, []);
  return value;
}

/** Address of a place, for links that may be opened in a tab of their own. */
export const hrefOf = (patch: PlacePatch): string => formatPlace({ ...current, ...patch } as Place);
