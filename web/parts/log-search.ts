/**
 * What is found in an output: words in all of it, by the server where it is large; a pattern between slashes in the
 * part that is here.
 */
import { useEffect, useState } from 'preact/hooks';
import type { LogSearch } from '../../src/view/answers.ts';
import type { TextRange } from '../../src/view/diff/words.ts';
import { apiAddress } from '../live.ts';
import { usePlace } from '../url.ts';
import type { PatternAnswer, PatternQuestion } from './log-pattern.ts';

export interface FoundLine {
  readonly text: string;
  /** Its place in the lines that are here, or in bytes of the whole output. */
  readonly index?: number;
  readonly at?: number;
}

export interface LogFindings {
  readonly lines: readonly FoundLine[];
  /** Also those that are not sent. */
  readonly count: number;
  /** What is marked in a line, of this output or of another part of it. */
  readonly marksOf: (text: string, index: number) => readonly TextRange[];
  /** What the number leaves open. */
  readonly remark?: string;
}

/** Undefined while nothing is looked for, or the answer is on its way. */
export function useFindings(
  blob: string,
  lines: readonly string[],
  isWhole: boolean,
  find: string,
): LogFindings | undefined {
  const { lab } = usePlace();
  const [findings, setFindings] = useState<LogFindings>();
  useEffect(() => {
    setFindings(undefined);
    if (find.trim() === '') return undefined;
    const pattern = /^\/(.+)\/$/.exec(find)?.[1];
    if (pattern !== undefined) return findPattern(pattern, lines, isWhole, setFindings);
    if (isWhole) return void setFindings(findWords(find, lines));
    return askServer(apiAddress('log-search', { lab, blob, find }), find, setFindings);
  }, [lab, blob, lines, isWhole, find]);
  return findings;
}

type Report = (findings: LogFindings) => void;
/** Words are sent when nobody has typed for so long. */
const PAUSE_MS = 250;
/** A pattern that takes longer is given up. */
const PATTERN_MS = 1500;

function findWords(find: string, lines: readonly string[]): LogFindings {
  const marksOf = (text: string): readonly TextRange[] => marksOfWords(text, find);
  const found = lines.flatMap((text, index) => (marksOf(text).length > 0 ? [{ text, index }] : []));
  return { lines: found, count: found.length, marksOf };
}

export function marksOfWords(text: string, find: string): TextRange[] {
  const [lowText, words] = [text.toLowerCase(), find.toLowerCase()];
  const marks: TextRange[] = [];
  // A few letters become longer when they are made small: then places would not fit.
  if (lowText.length !== text.length) return lowText.includes(words) ? [[0, text.length]] : [];
  for (let from = lowText.indexOf(words); from >= 0; from = lowText.indexOf(words, from + words.length))
    marks.push([from, from + words.length]);
  return marks;
}

function findPattern(source: string, lines: readonly string[], isWhole: boolean, report: Report): () => void {
  const worker = new Worker(new URL('./log-pattern.ts', import.meta.url), { type: 'module' });
  const remark = isWhole ? {} : { remark: 'a /pattern/ is looked for in the part that is shown; words in all of it' };
  const nothing = (problem: string): LogFindings => ({ lines: [], count: 0, marksOf: () => [], remark: problem });
  const timer = setTimeout(() => {
    worker.terminate();
    report(nothing('this pattern takes too long'));
  }, PATTERN_MS);
  worker.onmessage = ({ data }: MessageEvent<PatternAnswer>) => {
    clearTimeout(timer);
    worker.terminate();
    if ('problem' in data) return report(nothing(data.problem));
    const { found } = data;
    const foundLines = [...found.keys()].map((index) => ({ text: lines[index]!, index }));
    report({ lines: foundLines, count: found.size, marksOf: (_, index) => found.get(index) ?? [], ...remark });
  };
  worker.postMessage({ lines, source } satisfies PatternQuestion);
  return () => {
    clearTimeout(timer);
    worker.terminate();
  };
}

function askServer(address: string, find: string, report: Report): () => void {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    fetch(address, { signal: controller.signal })
      .then(async (response) => {
        if (!response.ok) throw new Error(String(response.status));
        const { matches, count, bytes, searchedBytes } = (await response.json()) as LogSearch;
        const remarks = [
          ...(searchedBytes < bytes ? [`in the last ${searchedBytes.toLocaleString('en-US')} bytes`] : []),
          ...(matches.length < count ? [`the first ${matches.length.toLocaleString('en-US')} can be reached`] : []),
        ];
        const marksOf = (text: string): readonly TextRange[] => marksOfWords(text, find);
        const remark = remarks.length > 0 ? { remark: remarks.join(', ') } : {};
        report({ lines: matches, count, marksOf, ...remark });
      })
      .catch((thrown: unknown) => {
        if (!controller.signal.aborted)
          report({ lines: [], count: 0, marksOf: () => [], remark: `the server does not answer (${String(thrown)})` });
      });
  }, PAUSE_MS);
  return () => {
    clearTimeout(timer);
    controller.abort();
  };
}
