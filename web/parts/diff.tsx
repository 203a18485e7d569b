/** The diff of two experiments: unified or side by side, changed words marked, syntax coloured, long parts folded. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { DiffText } from '../../src/view/answers.ts';
import { type DiffLine, type FileDiff, parseDiff } from '../../src/view/diff/parse.ts';
import { type DiffMode, type DiffRow, diffRows, type FoldRow, type LineRow } from '../../src/view/diff/rows.ts';
import { changedWords, type TextRange } from '../../src/view/diff/words.ts';
import { formatCount } from '../../src/base/text.ts';
import { apiAddress, useRead } from '../live.ts';
import { goTo, usePlace } from '../url.ts';
import { CodeText } from './code-text.tsx';
import type { SyntaxRange } from './syntax.ts';

/** Rows that are drawn together when they come into sight: a diff of 50,000 lines is drawn piece by piece. */
const PIECE_ROWS = 120;
/** Of one row while it is not drawn, in pixels. */
const ROW_HEIGHT = 19;
const WIDE_SCREEN = '(min-width: 1000px)';

export function CodeDiff({ from, to }: { from: number; to: number }) {
  const { lab, diff } = usePlace();
  const { data, error } = useRead<DiffText>(apiAddress('diff', { lab, from, to }));
  const files = useMemo(() => (data ? parseDiff(data.text) : []), [data]);
  const isWide = useMedia(WIDE_SCREEN);
  const mode: DiffMode = diff === '' ? (isWide ? 'split' : 'unified') : diff;
  if (error) return <p role="alert">{error}</p>;
  if (!data) return <p class="soft">Reading the diff …</p>;
  if (data.text === '') return <p class="soft">{data.none}</p>;
  return (
    <div class="diff" role="group" aria-label={`Changes from #${from} to #${to}`}>
      <p class="axes">
        <span class="switch" role="group" aria-label="Layout of the diff">
          {(['split', 'unified'] as const).map((option) => (
            <button key={option} type="button" aria-pressed={option === mode} onClick={() => goTo({ diff: option })}>
              {option === 'split' ? 'side by side' : 'unified'}
            </button>
          ))}
        </span>
        <span class="soft">{formatCount(files.length, 'file')}</span>
      </p>
      {files.map((file, index) => (
        <FileChanges key={index} file={file} mode={mode} from={from} to={to} />
      ))}
      {data.isCut && (
        <p class="soft">
          The rest is left out here; <code>{`overnight diff ${from} ${to}`}</code> prints all.
        </p>
      )}
    </div>
  );
}

function useMedia(query: string): boolean {
  const media = useMemo(() => matchMedia(query), [query]);
  const [isMatching, setMatching] = useState(media.matches);
  useEffect(() => {
    const follow = (): void => setMatching(media.matches);
    media.addEventListener('change', follow);
    return () => media.removeEventListener('change', follow);
  }, [media]);
  return isMatching;
}

type Highlighter = typeof import('./syntax.ts');

/** Loaded once, when the first diff is drawn. */
function useHighlighter(): Highlighter | undefined {
  const [highlighter, setHighlighter] = useState<Highlighter>();
  useEffect(() => void import('./syntax.ts').then(setHighlighter, () => {}), []);
  return highlighter;
}

interface FileProps {
  readonly file: FileDiff;
  readonly mode: DiffMode;
  readonly from: number;
  readonly to: number;
}

/** The changes of one file, between two experiments. */
export function FileChanges({ file, mode, from, to }: FileProps) {
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => diffRows(file, mode, opened), [file, mode, opened]);
  const highlighter = useHighlighter();
  const openFold = (id: string): void => setOpened(new Set([...opened, id]));
  const pieceCount = Math.ceil(rows.length / PIECE_ROWS);
  return (
    <section class="file">
      <h4>
        <bdi>{file.path}</bdi> <span class="added">+{file.added}</span> <span class="deleted">−{file.deleted}</span>{' '}
        <span class="soft">
          <bdi>{file.notes.join(', ')}</bdi>
        </span>
      </h4>
      {rows.length > 0 && (
        <div class={`diff-lines ${mode}`} tabIndex={0} role="region" aria-label={`Lines of ${file.path}`}>
          <table>
            <caption class="unseen">
              {mode === 'split' ? `Left #${from}, right #${to}` : `− only in #${from}, + only in #${to}`}
            </caption>
            <colgroup>
              <col class="number" />
              <col />
              <col class="number" />
              {mode === 'split' && <col />}
            </colgroup>
            {Array.from({ length: pieceCount }, (_, index) => (
              <DiffPiece
                key={index}
                rows={rows.slice(index * PIECE_ROWS, (index + 1) * PIECE_ROWS)}
                mode={mode}
                path={file.path}
                highlighter={highlighter}
                openFold={openFold}
                isFirst={index === 0}
              />
            ))}
          </table>
        </div>
      )}
    </section>
  );
}

interface PieceProps {
  readonly rows: readonly DiffRow[];
  readonly mode: DiffMode;
  readonly path: string;
  readonly highlighter: Highlighter | undefined;
  readonly openFold: (id: string) => void;
  readonly isFirst: boolean;
}

/** Drawn from when it first comes near the part in sight; the first of a file at once. */
function DiffPiece(props: PieceProps) {
  const { rows, mode, path, highlighter, openFold, isFirst } = props;
  const bodyRef = useRef<HTMLTableSectionElement>(null);
  const [isDrawn, setDrawn] = useState(isFirst);
  useEffect(() => {
    if (isDrawn || !bodyRef.current) return undefined;
    const observer = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && setDrawn(true),
      { rootMargin: '400px' },
    );
    observer.observe(bodyRef.current);
    return () => observer.disconnect();
  }, [isDrawn]);
  const colours = useMemo(
    () => (isDrawn && highlighter ? coloursOf(rows, path, highlighter) : NO_COLOURS),
    [rows, path, highlighter, isDrawn],
  );
  if (!isDrawn)
    return (
      <tbody ref={bodyRef}>
        <tr style={{ height: `${rows.length * ROW_HEIGHT}px` }}>
          <td colSpan={mode === 'split' ? 4 : 3} />
        </tr>
      </tbody>
    );
  return (
    <tbody>
      {rows.map((row, index) =>
        row.kind === 'fold' ? (
          <FoldLine key={row.id} row={row} mode={mode} openFold={openFold} />
        ) : mode === 'split' ? (
          <SplitLine key={index} row={row} colours={colours} />
        ) : (
          <UnifiedLine key={index} row={row} colours={colours} />
        ),
      )}
    </tbody>
  );
}

type Colours = ReadonlyMap<DiffLine, readonly SyntaxRange[]>;
const NO_COLOURS: Colours = new Map();

/** Each side is coloured as the text that it is. */
function coloursOf(rows: readonly DiffRow[], path: string, { languageOf, highlightLines }: Highlighter): Colours {
  const language = languageOf(path);
  if (language === undefined) return NO_COLOURS;
  const colours = new Map<DiffLine, readonly SyntaxRange[]>();
  for (const side of ['left', 'right'] as const) {
    const lines = rows.flatMap((row) => (row.kind === 'line' && row[side] ? [row[side]] : []));
    const ranges = highlightLines(
      lines.map((line) => line.text),
      language,
    );
    lines.forEach((line, index) => ranges?.[index] && colours.set(line, ranges[index]));
  }
  return colours;
}

function FoldLine({ row, mode, openFold }: { row: FoldRow; mode: DiffMode; openFold: (id: string) => void }) {
  const text = `… ${row.count.toLocaleString('en-US')} ${row.count === 1 ? 'line' : 'lines'} unchanged`;
  return (
    <tr class="fold">
      <td colSpan={mode === 'split' ? 4 : 3}>
        {row.lines.length === 0 ? (
          text
        ) : (
          <button type="button" class="plain" onClick={() => openFold(row.id)}>
            {text}
          </button>
        )}
      </td>
    </tr>
  );
}

const NO_RANGES: readonly TextRange[] = [];

function SplitLine({ row: { left, right }, colours }: { row: LineRow; colours: Colours }) {
  const words = left && right && left !== right ? changedWords(left.text, right.text) : undefined;
  return (
    <tr>
      <LineCells line={left} n={left?.oldN} marks={words?.left} colours={colours} />
      <LineCells line={right} n={right?.newN} marks={words?.right} colours={colours} />
    </tr>
  );
}

function LineCells(props: {
  line: DiffLine | undefined;
  n: number | undefined;
  marks: readonly TextRange[] | undefined;
  colours: Colours;
}) {
  const { line, n, marks = NO_RANGES, colours } = props;
  return (
    <>
      <td class={`number ${line?.kind ?? 'none'}`} data-n={n ?? ''} />
      <td class={`code ${line?.kind ?? 'none'}`}>
        {line && <CodeText text={line.text} marks={marks} syntax={colours.get(line)} />}
      </td>
    </>
  );
}

function UnifiedLine({ row, colours }: { row: LineRow; colours: Colours }) {
  const { left, right, partner } = row;
  const line = (left ?? right)!;
  const words =
    partner && (left ? changedWords(left.text, partner.text).left : changedWords(partner.text, right!.text).right);
  return (
    <tr>
      <td class={`number ${line.kind}`} data-n={left?.oldN ?? ''} />
      <td class={`number ${line.kind}`} data-n={right?.newN ?? ''} />
      <td class={`code ${line.kind}`}>
        <CodeText text={line.text} marks={words ?? NO_RANGES} syntax={colours.get(line)} />
      </td>
    </tr>
  );
}
