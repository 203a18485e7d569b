/** Where time and money went, and how long the budgets last. */
import { ganttSvg } from '../../src/render/plots.ts';
import type { Board } from '../../src/view/board.ts';
import type { MachinesView } from '../../src/view/pictures/machines.ts';
import { apiAddress, useRead } from '../live.ts';
import { CopyMenu } from '../parts/copy.tsx';
import { Drawing, Facts, PlainTable } from '../parts/pieces.tsx';
import { usePlace } from '../url.ts';
import { Section } from './experiment.tsx';
import { Bar } from './overview.tsx';

export function Machines({ board, seq }: { board: Board; seq: number }) {
  const { lab, at } = usePlace();
  const { data } = useRead<MachinesView>(apiAddress('machines', { lab, at }), String(seq));
  const partsTable = (): string[][] => [
    ['what', 'seconds', 'share'],
    ...(data?.parts ?? []).map((part) => [part.what, part.seconds.toFixed(1), part.share.toFixed(4)]),
  ];
  return (
    <article class="machines">
      <Section id="budgets" title="Budgets">
        {board.limits.bars.length === 0 && <p class="soft">No budget was set: it runs until somebody stops it.</p>}
        <p>
          {board.limits.bars.map((bar) => (
            <Bar key={bar.label} {...bar} />
          ))}
        </p>
        {board.limits.projection && <p>{board.limits.projection}</p>}
      </Section>
      <Section id="cost" title="Cost">
        <Facts lines={board.economics.lines.map(({ what, text }) => ({ label: what, text }))} what="cost" />
      </Section>
      <Section id="device" title="Use of the device">
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
            <Drawing what="device" drawSvg={(width) => ganttSvg(data, width)} table={partsTable} />
          </>
        )}
        <ul class="key swatches">
          <li class="k-calibrate">noise</li>
          <li class="k-idea">ideas</li>
          <li class="k-replicate">replicates, short runs</li>
          <li class="k-confirm">claims</li>
          <li class="k-failed">failed</li>
          <li class="k-agent">agents</li>
        </ul>
      </Section>
      <Section id="health" title="Health">
        <dl class="facts">
          {board.health.map((check) => (
            <div key={check.what + check.text}>
              <dt>{check.what}</dt>
              <dd class={check.warning ? 'doubt' : ''}>
                {check.warning ? '⚠ ' : ''}
                {check.text}
              </dd>
            </div>
          ))}
        </dl>
        <CopyMenu
          what="health"
          table={() => [
            ['what', 'finding', 'warning'],
            ...board.health.map((check) => [check.what, check.text, check.warning ? 'yes' : 'no']),
          ]}
        />
      </Section>
      <Section id="sessions" title="Sessions">
        <PlainTable
          what="sessions"
          headings={['started', 'length', 'end', 'device', 'ideas from', 'sandbox']}
          rows={board.sessions.map((session) => [
            session.started,
            session.length,
            session.detail ? `${session.end}: ${session.detail}` : session.end,
            session.device,
            session.proposer,
            session.sandbox,
          ])}
        />
      </Section>
      <Section id="fine" title="Fine print">
        <Facts lines={board.finePrint} what="fine-print" />
      </Section>
    </article>
  );
}
