/** Where time and money went, and how long the budgets last. */
import { CALIBRATION_HEADINGS, CALIBRATION_TITLE, calibrationCells } from '../../src/render/calibration-table.ts';
import { isStandingShown, STANDING_HEADINGS, STANDING_TITLE, standingCells } from '../../src/render/standing-table.ts';
import { ganttSvg } from '../../src/render/plots.ts';
import type { Board } from '../../src/view/board.ts';
import type { MachinesView } from '../../src/view/pictures/machines.ts';
import { apiAddress, useRead } from '../live.ts';
import { CopyMenu } from '../parts/copy.tsx';
import { CopyableDrawing, FactList, PlainTable } from '../parts/pieces.tsx';
import { ProseWithCode } from '../parts/prose.tsx';
import { PageSection } from '../parts/section.tsx';
import { ShareBar } from '../parts/share-bar.tsx';
import { usePlace } from '../url.ts';

export function MachinesPage({ board, seq }: { board: Board; seq: number }) {
  return (
    <article class="machines">
      <PageSection id="budgets" title="Budgets">
        <BudgetBars board={board} />
      </PageSection>
      <PageSection id="cost" title="Cost">
        <FactList lines={board.economics.lines.map(({ what, text }) => ({ label: what, text }))} what="cost" />
      </PageSection>
      {isStandingShown(board.standings) && (
        <PageSection id="proposers" title={STANDING_TITLE}>
          <PlainTable what="standing" headings={STANDING_HEADINGS} rows={board.standings.map(standingCells)} />
        </PageSection>
      )}
      {board.calibration.length > 0 && (
        <PageSection id="calibration" title={CALIBRATION_TITLE}>
          <PlainTable
            what="calibration"
            headings={CALIBRATION_HEADINGS}
            rows={board.calibration.map(calibrationCells)}
          />
        </PageSection>
      )}
      <PageSection id="device" title="Use of the device">
        <DeviceUse seq={seq} />
      </PageSection>
      <PageSection id="health" title="Health">
        <HealthChecks board={board} />
      </PageSection>
      <PageSection id="sessions" title="Sessions">
        <SessionTable board={board} />
      </PageSection>
      <PageSection id="fine" title="Fine print">
        <FactList lines={board.finePrint} what="fine-print" />
      </PageSection>
    </article>
  );
}

function BudgetBars({ board }: { board: Board }) {
  const { bars, projection } = board.limits;
  return (
    <>
      {bars.length === 0 && <p class="soft">No budget was set: it runs until somebody stops it.</p>}
      <p>
        {bars.map((bar) => (
          <ShareBar key={bar.label} {...bar} />
        ))}
      </p>
      {projection && <p>{projection}</p>}
    </>
  );
}

function DeviceUse({ seq }: { seq: number }) {
  const { lab, at } = usePlace();
  const { data } = useRead<MachinesView>(apiAddress('machines', { lab, at }), String(seq));
  const partsTable = (): string[][] => [
    ['what', 'seconds', 'share'],
    ...(data?.parts ?? []).map((part) => [part.what, part.seconds.toFixed(1), part.share.toFixed(4)]),
  ];
  return (
    <>
      {data && (
        <>
          <p>{data.busy}</p>
          <ul class="key">
            {data.parts.map((part) => (
              <li key={part.what}>
                {part.what}: {part.text}
              </li>
            ))}
          </ul>
          <CopyableDrawing what="device" drawSvg={(width) => ganttSvg(data, width)} table={partsTable} />
        </>
      )}
      <ul class="key swatches">
        <li class="k-calibrate">noise</li>
        <li class="k-idea">ideas</li>
        <li class="k-replicate">replicates, screening</li>
        <li class="k-confirm">claims</li>
        <li class="k-failed">failed</li>
        <li class="k-agent">agents</li>
      </ul>
    </>
  );
}

function HealthChecks({ board }: { board: Board }) {
  const healthTable = (): string[][] => [
    ['what', 'finding', 'warning'],
    ...board.health.map((check) => [check.what, check.text, check.warning ? 'yes' : 'no']),
  ];
  return (
    <>
      <dl class="facts">
        {board.health.map((check) => (
          <div key={check.what + check.text}>
            <dt>{check.what}</dt>
            <dd class={check.warning ? 'doubt' : ''}>
              {check.warning ? '⚠ ' : ''}
              <ProseWithCode text={check.text} />
            </dd>
          </div>
        ))}
      </dl>
      <CopyMenu what="health" table={healthTable} />
    </>
  );
}

const SESSION_COLUMNS = ['session', 'started', 'length', 'end', 'device', 'ideas from', 'sandbox'];

function SessionTable({ board }: { board: Board }) {
  const rows = board.sessions.map((session) => [
    String(session.session + 1),
    session.started,
    session.length,
    session.detail ? `${session.end}: ${session.detail}` : session.end,
    session.device,
    session.proposer,
    session.sandbox,
  ]);
  return <PlainTable what="sessions" headings={SESSION_COLUMNS} rows={rows} />;
}
