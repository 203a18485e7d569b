/**
 * One stream from the server and the board built from it so far. A dropped connection continues from its cursor, so
 * that nothing is sent twice.
 */
import { useEffect, useState } from 'preact/hooks';
import type { LabCard, ReadingCard, ReadingView } from '../src/view/answers.ts';
import { type Board, type BoardPatch, applyPatch } from '../src/view/board.ts';

export type Connection = 'connecting' | 'live' | 'lost';

export interface LiveLab {
  readonly connection: Connection;
  readonly board?: Board;
  /** How far the server has read the ledger, before there is a board. */
  readonly reading?: ReadingView;
  readonly seq: number;
  readonly error?: string;
}

const EMPTY_BOARD = { experiments: [] } as unknown as Board;

/** Follow a lab. Hidden tabs let go of their connection (a browser has six) and come back with the cursor. */
export function useLab(lab: string): LiveLab {
  const [live, setLive] = useState<LiveLab>({ connection: 'connecting', seq: 0 });
  useEffect(() => {
    if (lab === '') return undefined;
    let [source, cursor, board]: [EventSource | undefined, string, Board] = [undefined, '', EMPTY_BOARD];
    let seq = 0;
    const receiveBoard = (kind: 'snapshot' | 'patch') => (event: MessageEvent<string>) => {
      const data = JSON.parse(event.data) as { seq: number; patch: BoardPatch };
      cursor = event.lastEventId;
      board = applyPatch(kind === 'snapshot' ? EMPTY_BOARD : board, data.patch);
      seq = data.seq;
      setLive({ connection: 'live', board, seq });
    };
    const openStream = (): void => {
      source?.close();
      const query = new URLSearchParams({ lab, ...(cursor && { after: cursor }) });
      source = new EventSource(`/api/stream?${query}`);
      source.addEventListener('snapshot', receiveBoard('snapshot'));
      source.addEventListener('patch', receiveBoard('patch'));
      source.addEventListener('reading', (event: MessageEvent<string>) =>
        setLive((previous) => ({ ...previous, connection: 'live', reading: JSON.parse(event.data) as ReadingView })),
      );
      source.onopen = () => setLive((previous) => ({ ...previous, connection: 'live' }));
      source.onerror = () => {
        const isRefused = source?.readyState === EventSource.CLOSED && cursor === '';
        setLive((previous) => ({
          ...previous,
          connection: 'lost',
          ...(isRefused && { error: 'There is no such lab below this folder.' }),
        }));
        // A closed source does not come back by itself: the server went away for good, or for a restart.
        if (source?.readyState === EventSource.CLOSED && !isRefused) setTimeout(openStream, 2000);
      };
    };
    const followVisibility = (): void => {
      if (document.visibilityState === 'hidden') source?.close();
      else openStream();
    };
    openStream();
    document.addEventListener('visibilitychange', followVisibility);
    return () => {
      document.removeEventListener('visibilitychange', followVisibility);
      source?.close();
    };
  }, [lab]);
  return live;
}

export type Card = LabCard | ReadingCard;

export function useLabs(active: boolean): { readonly connection: Connection; readonly labs?: readonly Card[] } {
  const [state, setState] = useState<{ connection: Connection; labs?: readonly Card[] }>({ connection: 'connecting' });
  useEffect(() => {
    if (!active) return undefined;
    const source = new EventSource('/api/stream');
    source.addEventListener('labs', (event: MessageEvent<string>) =>
      setState({ connection: 'live', labs: JSON.parse(event.data) as Card[] }),
    );
    source.onerror = () => setState((previous) => ({ ...previous, connection: 'lost' }));
    return () => source.close();
  }, [active]);
  return state;
}

/** Something of a page beside the board, read when `key` changes; the newest answer wins. */
export function useRead<T>(address: string | undefined, key = ''): { readonly data?: T; readonly error?: string } {
  const [state, setState] = useState<{ data?: T; error?: string }>({});
  useEffect(() => {
    if (address === undefined) return undefined;
    const controller = new AbortController();
    fetch(address, { signal: controller.signal })
      .then(async (response) => {
        const body = (await response.json()) as T & { error?: string };
        setState(response.ok ? { data: body } : { error: body.error ?? `The server answered ${response.status}.` });
      })
      .catch((thrown: unknown) => {
        if (!controller.signal.aborted)
          setState((previous) => ({ ...previous, error: `The server does not answer (${String(thrown)}).` }));
      });
    return () => controller.abort();
  }, [address, key]);
  return state;
}

export const apiAddress = (resource: string, query: Readonly<Record<string, string | number | undefined>>): string => {
  const givenEntries = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)]],
  );
  return `/api/${resource}?${new URLSearchParams(givenEntries)}`;
};
