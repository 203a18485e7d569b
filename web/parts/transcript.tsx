/** Calls of agents: their texts are read when somebody opens them. */
import { useState } from 'preact/hooks';
import type { CallView } from '../../src/view/lab/experiment.ts';
import { OutputLog } from './log.tsx';
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
