/** The output of a program: its end, or what somebody looks for in it. Text stays text. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { LogText } from '../../src/view/answers.ts';
import { apiAddress, useRead } from '../live.ts';
import { goTo, usePlace } from '../url.ts';
import { CodeText } from './code-text.tsx';
import { type LogFindings, useFindings } from './log-search.ts';

/** Lines that are shown at a time. */
const MAX_LINES = 400;
const NO_LINES: readonly string[] = [];

export function OutputLog({ blob, what }: { blob: string | undefined; what: string }) {
  const { lab } = usePlace();
  const { data, error } = useRead<LogText>(blob === undefined ? undefined : apiAddress('log', { lab, blob }));
  if (blob === undefined) return <p class="soft">No output was kept.</p>;
  if (error) return <p class="soft">The file is not beside this ledger.</p>;
  if (!data) return <p class="soft">Reading …</p>;
  return (
    <>
      {data.cut && <p class="soft">The last part of {data.bytes.toLocaleString('en-US')} bytes.</p>}
      <LogLines lines={data.text.split('\n')} what={what} current={undefined} findings={undefined} isTail={data.cut} />
    </>
  );
}

/** The same with a field to search all of it: words, or /a pattern/. */
export function SearchableLog({ blob, what }: { blob: string | undefined; what: string }) {
  const { lab, find, matching } = usePlace();
  const { data, error } = useRead<LogText>(blob === undefined ? undefined : apiAddress('log', { lab, blob }));
  const endLines = useMemo(() => data?.text.split('\n') ?? NO_LINES, [data]);
  const findings = useFindings(blob ?? '', endLines, data?.cut === false, find);
  const [chosen, setChosen] = useState(0);
  useEffect(() => setChosen(0), [findings]);
  const current = findings?.lines[chosen];
  // A line elsewhere in a large output comes with what stands around it.
  const address = current?.at === undefined ? undefined : apiAddress('log', { lab, blob: blob!, at: current.at });
  const { data: around } = useRead<LogText>(address);
  if (blob === undefined) return <p class="soft">No output was kept.</p>;
  if (error) return <p class="soft">The file is not beside this ledger.</p>;
  if (!data) return <p class="soft">Reading …</p>;
  const isElsewhere = current?.at !== undefined;
  const shownLines = matching && findings ? findings.lines.map(({ text }) => text) : undefined;
  const lines = shownLines ?? (isElsewhere ? (around?.text.split('\n') ?? NO_LINES) : endLines);
  return (
    <>
      <SearchField findings={findings} chosen={chosen} choose={setChosen} />
      {data.cut && (
        <p class="soft">
          {isElsewhere ? 'A part' : 'The last part'} of {data.bytes.toLocaleString('en-US')} bytes.
        </p>
      )}
      <LogLines
        lines={lines}
        what={what}
        current={findings && (shownLines ? chosen : isElsewhere ? around?.line : current?.index)}
        findings={findings}
        originals={shownLines && findings?.lines.map(({ index }) => index ?? 0)}
        isTail={data.cut && !findings}
      />
    </>
  );
}

function SearchField(props: { findings: LogFindings | undefined; chosen: number; choose: (index: number) => void }) {
  const { find, matching } = usePlace();
  const { findings, chosen, choose } = props;
  const reachable = findings?.lines.length ?? 0;
  const step = (offset: 1 | -1): void => {
    if (reachable > 0) choose((chosen + offset + reachable) % reachable);
  };
  const handleKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    event.stopPropagation();
    step(event.shiftKey ? -1 : 1);
  };
  return (
    <div class="log-search" role="search" aria-label="Search the output">
      <input
        type="search"
        value={find}
        placeholder="search the output: words or /pattern/"
        aria-label="Search the output"
        onInput={(event) => goTo({ find: event.currentTarget.value })}
        onKeyDown={handleKey}
      />
      <button type="button" aria-label="Previous match" disabled={reachable === 0} onClick={() => step(-1)}>
        ↑
      </button>
      <button type="button" aria-label="Next match" disabled={reachable === 0} onClick={() => step(1)}>
        ↓
      </button>
      <button type="button" aria-pressed={matching} onClick={() => goTo({ matching: !matching })}>
        only matching lines
      </button>
      <span role="status" class="soft">
        {find.trim() === '' ? '' : countText(findings, chosen)}
      </span>
    </div>
  );
}

function countText(findings: LogFindings | undefined, chosen: number): string {
  if (!findings) return 'searching …';
  const { count, remark } = findings;
  const number = count === 0 ? 'no line' : `${chosen + 1} of ${count.toLocaleString('en-US')}`;
  return remark === undefined ? number : `${number} (${remark})`;
}

interface LogLinesProps {
  readonly lines: readonly string[];
  readonly what: string;
  /** The line that is brought into sight. */
  readonly current: number | undefined;
  readonly findings: LogFindings | undefined;
  /** Where the lines stood, if they are a selection. */
  readonly originals?: readonly number[] | undefined;
  readonly isTail: boolean;
}

function LogLines({ lines, what, current, findings, originals, isTail }: LogLinesProps) {
  const outputRef = useRef<HTMLPreElement>(null);
  const first = firstShown(lines.length, current);
  useEffect(() => {
    const output = outputRef.current;
    const line = output?.querySelector<HTMLElement>('.current');
    if (output && line) output.scrollTop = line.offsetTop - output.clientHeight / 2;
    // Of a log that was cut, the end is what matters most.
    else if (output && isTail) output.scrollTop = output.scrollHeight;
  }, [lines, current, isTail]);
  return (
    <pre class="log" tabIndex={0} aria-label={what} ref={outputRef}>
      {lines.slice(first, first + MAX_LINES).map((line, offset) => {
        const index = first + offset;
        const isBad = /\b(error|exception|traceback|fatal)\b/i.test(line);
        const classes = [isBad && 'bad', index === current && 'current'].filter(Boolean).join(' ');
        return (
          <span key={index} class={classes}>
            <CodeText
              text={line}
              marks={findings?.marksOf(line, originals?.[index] ?? index) ?? []}
              syntax={undefined}
            />
            {'\n'}
          </span>
        );
      })}
    </pre>
  );
}

/** The lines around the current one, else the last ones. */
function firstShown(count: number, current: number | undefined): number {
  const last = Math.max(0, count - MAX_LINES);
  return current === undefined ? last : Math.min(last, Math.max(0, current - MAX_LINES / 2));
}
