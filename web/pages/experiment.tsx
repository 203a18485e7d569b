/**
 * One experiment whole: what was expected, what was measured, why it was decided so, what it changed, under which
 * circumstances.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { GLYPHS, kindOf, WORDS } from '../../src/render/marks.ts';
import type { LogText } from '../../src/view/answers.ts';
import type { Board } from '../../src/view/board.ts';
import type { CallView, ExperimentPage } from '../../src/view/lab/experiment.ts';
import { apiAddress, useRead } from '../live.ts';
import { Curves, type CurveRef, Legend } from '../parts/curves.tsx';
import { Link } from '../parts/frame.tsx';
import { Diff, Facts, PlainTable, Strip, stripLine } from '../parts/pieces.tsx';
import { toggleCompare } from '../parts/table.tsx';
import { usePlace } from '../url.ts';

export function Experiment({ board, n }: { board: Board; n: number }) {
  const { lab, at, part, compare } = usePlace();
  const row = board.experiments[n];
  // Read again when this very experiment changed, not when anything else did.
  const readKey = `${row?.verdict} ${row?.replicates} ${row?.standing} ${board.now.some((measurement) => measurement.n === n)}`;
  const { data: page, error } = useRead<ExperimentPage>(row && apiAddress('experiment', { lab, n, at }), readKey);
  useEffect(() => {
    if (page && part) document.getElementById(part)?.scrollIntoView();
  }, [page !== undefined, part]);
  if (!row)
    return (
      <p role="alert">
        There is no experiment #{n} here{at === undefined ? '' : ' at this point of the night'}:{' '}
        {board.experiments.length === 0 ? 'nothing was tried yet' : `the last is #${board.experiments.length - 1}`}.
      </p>
    );
  if (error) return <p role="alert">{error}</p>;
  const kind = kindOf(row);
  return (
    <article class="experiment">
      <div class="heading">
        <h2>
          <span class={`mark p-${kind.replace(' ', '-')}`}>{GLYPHS[kind]}</span> #{n} {WORDS[kind]}
          {row.verdict === 'running' ? ', running' : ''}
        </h2>
        <button type="button" aria-pressed={compare.includes(n)} onClick={() => toggleCompare(n)}>
          {compare.includes(n) ? 'in compare' : 'add to compare'}
        </button>
      </div>
      <p class="family soft">
        {n > 0 && (
          <>
            grew from <Link to={{ page: 'experiment', n: row.parent }}>#{row.parent}</Link>
          </>
        )}
        {page && page.children.length > 0 && (
          <>
            {' '}
            · tried on it:{' '}
            {page.children.slice(0, 24).map((child) => (
              <Link key={child} to={{ page: 'experiment', n: child }}>
                #{child}{' '}
              </Link>
            ))}
            {page.children.length > 24 && `and ${page.children.length - 24} more`}
          </>
        )}
      </p>
      {page && <Body board={board} page={page} n={n} />}
      {!page && (
        <p class="loading" role="status">
          Reading …
        </p>
      )}
    </article>
  );
}

function Body({ board, page, n }: { board: Board; page: ExperimentPage; n: number }) {
  const sides = [
    stripLine(page, page.mine, `#${n} this`, true),
    ...(page.other ? [stripLine(page, page.other, `#${page.other.n} against`, false)] : []),
  ];
  const curveRefs = [
    curveRef(page.mine, `#${n}`),
    ...(page.other ? [curveRef(page.other, `#${page.other.n}`)] : []),
  ].filter((reference) => reference !== undefined);
  const log = page.mine.measurements.findLast((measurement) => measurement.log)?.log;
  return (
    <>
      <blockquote>
        <bdi>{page.hypothesis}</bdi>
        {page.why && (
          <footer class="soft">
            why: <bdi>{page.why}</bdi>
          </footer>
        )}
      </blockquote>
      <Section id="outcome" title="Outcome">
        <p>
          {page.row.effect ? <b>{page.row.effect.text}</b> : null} <bdi>{page.row.reason}</bdi>
        </p>
        {page.claims.map((claim) => (
          <p key={claim.text} class={claim.passed ? 'good' : 'doubt'}>
            {claim.passed ? '●' : '○'} {claim.text}
          </p>
        ))}
        {page.row.changed.length > 0 && (
          <PlainTable
            what="knobs"
            headings={['knob', 'before', 'after']}
            rows={page.row.changed.map((knob) => [knob.name, knob.from ?? '', knob.to])}
          />
        )}
      </Section>
      <Section id="replicates" title="Replicates">
        <Strip lines={sides} />
        <Measurements page={page} />
      </Section>
      <Section id="decision" title="Decision">
        <Facts lines={page.decision} what="decision" />
      </Section>
      {n > 0 && (
        <Section id="diff" title={`Diff against #${page.row.parent}`}>
          <Diff from={page.row.parent} to={n} />
        </Section>
      )}
      <Section id="curves" title="Curves">
        <Legend labels={curveRefs.map((reference) => reference.label)} />
        <Curves refs={curveRefs} />
      </Section>
      <Section id="log" title="Output">
        <Log blob={log} what="Output" />
      </Section>
      {page.calls.length > 0 && (
        <Section id="transcript" title="Transcript">
          {page.calls.map((call) => (
            <Transcript key={call.call} call={call} />
          ))}
        </Section>
      )}
      <Section id="provenance" title="Provenance and cost">
        <Facts
          lines={[
            ...page.provenance,
            ...(page.row.cost ? [{ label: 'Cost', text: page.row.cost }] : []),
            { label: 'Trust', text: `${board.trust.grade}: ${page.trust.reason}` },
          ]}
          what="provenance"
        />
      </Section>
    </>
  );
}

export function curveRef(side: ExperimentPage['mine'], label: string): CurveRef | undefined {
  const blob = side.measurements.findLast((measurement) => measurement.curve)?.curve;
  return blob === undefined ? undefined : { label, blob };
}

export function Section({ id, title, children }: { id: string; title: string; children: preact.ComponentChildren }) {
  return (
    <section id={id} aria-labelledby={`${id}-title`}>
      <h3 id={`${id}-title`}>{title}</h3>
      {children}
    </section>
  );
}

const MEASUREMENT_COLUMNS = ['for', 'value', 'seed', 'time', 'memory', 'started', 'other metrics'];

function Measurements({ page }: { page: ExperimentPage }) {
  const headings = MEASUREMENT_COLUMNS.map((name) => (name === 'value' ? page.metric : name));
  const rows = page.mine.measurements.map((measurement) => [
    measurement.purpose,
    measurement.value?.text ?? measurement.text,
    String(measurement.seed),
    measurement.duration,
    measurement.memory,
    measurement.started,
    measurement.metrics.map((metric) => `${metric.name} ${metric.text}`).join(', '),
  ]);
  return <PlainTable what="measurements" headings={headings} rows={rows} />;
}

/** A call of an agent: figures at once, its texts when they are opened. */
function Transcript({ call }: { call: CallView }) {
  const texts = [
    ['the brief it was given', call.brief],
    ['its last words', call.reply],
    ['what it printed on the way', call.log],
  ] as const;
  return (
    <>
      <h4>
        Call {call.call}: <bdi>{call.title}</bdi>
      </h4>
      <Facts lines={call.lines} />
      {texts.map(
        ([what, blob]) =>
          blob && (
            <Fold key={what} title={what}>
              <Log blob={blob} what={what} />
            </Fold>
          ),
      )}
    </>
  );
}

function Fold({ title, children }: { title: string; children: preact.ComponentChildren }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{title}</summary>
      {isOpen && children}
    </details>
  );
}

function Log({ blob, what }: { blob: string | undefined; what: string }) {
  const { lab } = usePlace();
  const { data, error } = useRead<LogText>(blob === undefined ? undefined : apiAddress('log', { lab, blob }));
  const outputRef = useRef<HTMLPreElement>(null);
  // Of what was cut the end is what one came for.
  useEffect(() => {
    if (outputRef.current && data?.cut) outputRef.current.scrollTop = outputRef.current.scrollHeight;
  }, [data]);
  if (blob === undefined) return <p class="soft">No output was kept.</p>;
  if (error) return <p class="soft">It is not beside this ledger.</p>;
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
