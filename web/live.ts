/**
 * One stream from the server and what it built up so far. Never asks twice for what it has: a dropped connection goes
 * on from its cursor.
 */
import { useEffect, useState } from 'preact/hooks';
import type { LabCard, ReadingCard, ReadingView } from '../src/view/answers.ts';
import { type Board, type BoardPatch, patched } from '../src/view/board.ts';

export type Connection = 'connecting' | 'live' | 'lost';

export interface Live {
  readonly connection: Connection;
  readonly board?: Board;
  /** How far the server has read the ledger, before there is a board. */
  readonly reading?: ReadingView;
  readonly seq: number;
  readonly error?: string;
}

const EMPTY = { experiments: [] } as unknown as Board;

/** Follow a lab. Hidden tabs let go of their connection (a browser has six) and come back with the cursor. */
export function useLab(lab: string): Live {
  const [live, set] = useState<Live>({ connection: 'connecting', seq: 0 });
  useEffect(() => {
    if (lab === '') return undefined;
    let [source, cursor, board]: [EventSource | undefined, string, Board] = [undefined, '', EMPTY];
    let seq = 0;
    const take = (kind: 'snapshot' | 'patch') => (event: MessageEvent<string>) => {
      const data = JSON.parse(event.data) as { seq: number; patch: BoardPatch };
      cursor = event.lastEventId;
      board = patched(kind === 'snapshot' ? EMPTY : board, data.patch);
      seq = data.seq;
      set({ connection: 'live', board, seq });
    };
    const open = (): void => {
      source?.close();
      const query = new URLSearchParams({ lab, ...(cursor && { after: cursor }) });
      source = new EventSource(`/api/stream?${query}`);
      source.addEventListener('snapshot', take('snapshot'));
      source.addEventListener('patch', take('patch'));
      source.addEventListener('reading', (event: MessageEvent<string>) =>
        set((now) => ({ ...now, connection: 'live', reading: JSON.parse(event.data) as ReadingView })),
      );
      source.onopen = () => set((now) => ({ ...now, connection: 'live' }));
      source.onerror = () => {
        const refused = source?.readyState === EventSource.CLOSED && cursor === '';
        set((now) => ({
          ...now,
          connection: 'lost',
          ...(refused && { error: 'There is no such lab below this folder.' }),
        }));
        // A closed source does not come back by itself: the server went away for good, or for a restart.
        if (source?.readyState === EventSource.CLOSED && !refused) setTimeout(open, 2000);
      };
    };
    const seen = (): void => {
      if (document.visibilityState === 'hidden') source?.close();
      else open();
    };
    open();
    document.addEventListener('visibilitychange', seen);
    return () => {
      document.removeEventListener('visibilitychange', seen);
      source?.close();
    };
  }, [lab]);
  return live;
}

export type Card = LabCard | ReadingCard;

export function useLabs(active: boolean): { readonly connection: Connection; readonly labs?: readonly Card[] } {
  const [state, set] = useState<{ connection: Connection; labs?: readonly Card[] }>({ connection: 'connecting' });
  useEffect(() => {
    if (!active) return undefined;
    const source = new EventSource('/api/stream');
    source.addEventListener('labs', (event: MessageEvent<string>) =>
      set({ connection: 'live', labs: JSON.parse(event.data) as Card[] }),
    );
    source.onerror = () => set((now) => ({ ...now, connection: 'lost' }));
    return () => source.close();
  }, [active]);
  return state;
}

/** Something of a page beside the board, read when `key` changes; the newest answer wins. */
export function useRead<T>(address: string | undefined, key = ''): { readonly data?: T; readonly error?: string } {
  const [state, set] = useState<{ data?: T; error?: string }>({});
  useEffect(() => {
    if (address === undefined) return undefined;
    const ended = new AbortController();
    fetch(address, { signal: ended.signal })
      .then(async (answer) => {
        const body = (await answer.json()) as T & { error?: string };
        set(answer.ok ? { data: body } : { error: body.error ?? `The server answered ${answer.status}.` });
      })
      .catch((thrown: unknown) => {
        if (!ended.signal.aborted) set((now) => ({ ...now, error: `The server does not answer (${String(thrown)}).` }));
      });
    return () => ended.abort();
  }, [address, key]);
  return state;
}

export const api = (what: string, query: Readonly<Record<string, string | number | undefined>>): string => {
  const given = Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]));
  return `/api/${what}?${new URLSearchParams(given)}`;
};
