/**
 * One experiment in full: expectation, measurements, decision and its reason, change, circumstances.
 */
import { useEffect } from 'preact/hooks';
import { GLYPHS, kindOf, WORDS } from '../../src/render/marks.ts';
import type { Board } from '../../src/view/board.ts';
import type { ExperimentPage } from '../../src/view/lab/experiment.ts';
import { apiAddress, useRead } from '../live.ts';
import { ExperimentNotes, StarButton } from '../parts/annotations.tsx';
import { ConflictDiffs } from '../parts/conflict.tsx';
import { CurvePlot, type CurveRef, CurveLegend } from '../parts/curves.tsx';
import { CodeDiff } from '../parts/diff.tsx';
import { PlaceLink } from '../parts/link.tsx';
import { SearchableLog } from '../parts/log.tsx';
import { FactList, PlainTable, StripPlot, stripLine } from '../parts/pieces.tsx';
import { PageSection } from '../parts/section.tsx';
import { CallTranscript } from '../parts/transcript.tsx';
import { toggleCompare } from '../table/compare.ts';
import { usePlace } from '../url.ts';

export function ExperimentDetails({ board, n }: { board: Board; n: number }) {
  const { lab, at, part, compare } = usePlace();
  const row = board.experiments[n];
  // Read again when this very experiment changed, not when anything else did.
  const readKey = `${row?.verdict} ${row?.replicates} ${row?.standing} ${row?.notes?.length} ${board.now.some((measurement) => measurement.n === n)}`;
  const { data: page, error } = useRead<ExperimentPage>(row && apiAddress('experiment', { lab, n, at }), readKey);
  useEffect(() => {
    if (page && part) document.getElementById(part)?.scrollIntoView();
  }, [page !== undefined, part]);
  if (!row)
    return (
      <p role="alert">
        There is no experiment #{n} here{at === undefined ? '' : ' at this point of the run'}:{' '}
        {board.experiments.length === 0 ? 'nothing has been tried yet' : `the last is #${board.experiments.length - 1}`}
        .
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
        <StarButton board={board} row={row} />
      </div>
      <p class="family soft">
        {n > 0 && (
          <>
            based on <PlaceLink to={{ page: 'experiment', n: row.parent }}>#{row.parent}</PlaceLink>
          </>
        )}
        {page && page.children.length > 0 && (
          <>
            {' '}
            · tried on top of it:{' '}
            {page.children.slice(0, 24).map((child) => (
              <PlaceLink key={child} to={{ page: 'experiment', n: child }}>
                #{child}{' '}
              </PlaceLink>
            ))}
            {page.children.length > 24 && `and ${page.children.length - 24} more`}
          </>
        )}
      </p>
      {page && <DetailSections board={board} page={page} n={n} />}
      {!page && (
        <p class="loading" role="status">
          Reading …
        </p>
      )}
    </article>
  );
}

function DetailSections({ board, page, n }: { board: Board; page: ExperimentPage; n: number }) {
  const sides = [
    stripLine(page, page.mine, `#${n} this`, true),
    ...(page.other ? [stripLine(page, page.other, `#${page.other.n} against`, false)] : []),
  ];
  const curveRefs = [
    curveRef(page.mine, `#${n}`),
    ...(page.other ? [curveRef(page.other, `#${page.other.n}`)] : []),
  ].filter((reference) => reference !== undefined);
  const log = page.guardLog ?? page.mine.measurements.findLast((measurement) => measurement.log)?.log;
  const provenance = [
    ...page.provenance,
    ...(page.row.cost ? [{ label: 'Cost', text: page.row.cost }] : []),
    { label: 'Trust', text: `${board.trust.grade}: ${page.trust.reason}` },
  ];
  return (
    <>
      <blockquote>
        {page.row.title && (
          <p>
            <b>
              <bdi>{page.row.title}</bdi>
            </b>
          </p>
        )}
        <bdi>{page.hypothesis}</bdi>
        {page.why && (
          <footer class="soft">
            why: <bdi>{page.why}</bdi>
          </footer>
        )}
      </blockquote>
      <ExperimentNotes board={board} page={page} n={n} />
      <PageSection id="outcome" title="Outcome">
        <ExperimentOutcome page={page} />
      </PageSection>
      <PageSection id="replicates" title="Replicates">
        <StripPlot lines={sides} />
        <MeasurementTable page={page} />
      </PageSection>
      {page.guards && (
        <PageSection id="guards" title="Guards">
          <PlainTable
            what="guards"
            headings={['guard', 'ran', 'outcome', 'time', 'its output']}
            rows={page.guards.map(({ name, when, state, duration, lines }) => [name, when, state, duration, lines])}
          />
        </PageSection>
      )}
      <PageSection id="decision" title="Decision">
        <FactList lines={page.decision} what="decision" />
      </PageSection>
      {page.conflict && (
        <PageSection id="conflict" title="Conflict" isWide>
          <ConflictDiffs conflict={page.conflict} />
        </PageSection>
      )}
      {n > 0 && (
        <PageSection id="diff" title={`Diff against #${page.row.parent}`} isWide>
          <CodeDiff from={page.row.parent} to={n} />
        </PageSection>
      )}
      <PageSection id="curves" title="Curves">
        <CurveLegend labels={curveRefs.map((reference) => reference.label)} />
        <CurvePlot refs={curveRefs} />
      </PageSection>
      <PageSection id="log" title="Output">
        <SearchableLog blob={log} what="Output" />
      </PageSection>
      {page.calls.length > 0 && (
        <PageSection id="transcript" title="Transcript">
          {page.calls.map((call) => (
            <CallTranscript key={call.call} call={call} />
          ))}
        </PageSection>
      )}
      <PageSection id="provenance" title="Provenance and cost">
        <FactList lines={provenance} what="provenance" />
      </PageSection>
    </>
  );
}

function ExperimentOutcome({ page }: { page: ExperimentPage }) {
  const { effect, reason, changed } = page.row;
  return (
    <>
      <p>
        {effect ? <b>{effect.text}</b> : null} <bdi>{reason}</bdi>
      </p>
      {page.claims.map((claim) => (
        <p key={claim.text} class={claim.passed ? 'good' : 'doubt'}>
          {claim.passed ? '●' : '○'} {claim.text}
        </p>
      ))}
      {changed.length > 0 && (
        <PlainTable
          what="knobs"
          headings={['knob', 'before', 'after']}
          rows={changed.map((knob) => [knob.name, knob.from ?? '', knob.to])}
        />
      )}
    </>
  );
}

export function curveRef(side: ExperimentPage['mine'], label: string): CurveRef | undefined {
  const blob = side.measurements.findLast((measurement) => measurement.curve)?.curve;
  return blob === undefined ? undefined : { label, blob };
}

const MEASUREMENT_COLUMNS = ['for', 'value', 'seed', 'time', 'memory', 'started', 'other metrics'];

function MeasurementTable({ page }: { page: ExperimentPage }) {
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
