/** Calls of agents and the output of programs: their texts are read when somebody opens them. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LogText } from '../../src/view/answers.ts';
import type { CallView } from '../../src/view/lab/experiment.ts';
import { apiAddress, useRead } from '../live.ts';
import { usePlace } from '../url.ts';
import { FactList } from './pieces.tsx';

/** A call of an agent: its figures at once, its texts when somebody opens them. */
export function CallTranscript({ call }: { call: CallView }) {
  const texts = [
    ['its brief', call.brief],
    ['its final answer', call.reply],
    ['its output', call.log],
  ] as const;
  return (
    <>
      <h4>
        Call {call.call}: <bdi>{call.title}</bdi>
      </h4>
      <FactList lines={call.lines} />
      {texts.map(
        ([what, blob]) =>
          blob && (
            <FoldedPart key={what} title={what}>
              <OutputLog blob={blob} what={what} />
            </FoldedPart>
          ),
      )}
    </>
  );
}

function FoldedPart({ title, children }: { title: string; children: preact.ComponentChildren }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{title}</summary>
      {isOpen && children}
    </details>
  );
}

export function OutputLog({ blob, what }: { blob: string | undefined; what: string }) {
  const { lab } = usePlace();
  const { data, error } = useRead<LogText>(blob === undefined ? undefined : apiAddress('log', { lab, blob }));
  const outputRef = useRef<HTMLPreElement>(null);
  // Of a log that was cut, the end is what matters most.
  useEffect(() => {
    if (outputRef.current && data?.cut) outputRef.current.scrollTop = outputRef.current.scrollHeight;
  }, [data]);
  if (blob === undefined) return <p class="soft">No output was kept.</p>;
  if (error) return <p class="soft">The file is not beside this ledger.</p>;
  if (!data) return <p class="soft">Reading …</p>;
  return (
    <>
      {data.cut && <p class="soft">The last part of {data.bytes.toLocaleString('en-US')} bytes.</p>}
      <pre class="log" tabIndex={0} aria-label={what} ref={outputRef}>
        {data.text
          .split('\n')
          .slice(-400)
          .map((line, index) => (
            <span key={index} class={/\b(error|exception|traceback|fatal)\b/i.test(line) ? 'bad' : ''}>
              {line}
              {'\n'}
            </span>
          ))}
      </pre>
    </>
  );
}
