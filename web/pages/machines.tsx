/** Where time and money went, and how long the budgets last. */
import { ganttSvg } from '../../src/render/plots.ts';
import type { Board } from '../../src/view/board.ts';
import type { MachinesView } from '../../src/view/pictures/machines.ts';
import { api, useRead } from '../live.ts';
import { CopyMenu } from '../parts/copy.tsx';
import { Drawing, Facts, PlainTable } from '../parts/pieces.tsx';
import { usePlace } from '../url.ts';
import { Section } from './experiment.tsx';
import { Bar } from './overview.tsx';

export function Machines({ board, seq }: { board: Board; seq: number }) {
  const { lab, at } = usePlace();
  const { data } = useRead<MachinesView>(api('machines', { lab, at }), String(seq));
  const table = (): string[][] => [
    ['what', 'seconds', 'share'],
    ...(data?.parts ?? []).map((p) => [p.what, p.seconds.toFixed(1), p.share.toFixed(4)]),
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
              {data.parts.map((p) => (
                <li key={p.what}>
                  {p.what}: {p.text}
                </li>
              ))}
            </ul>
            <Drawing what="device" draw={(width) => ganttSvg(data, width)} table={table} />
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
          {board.health.map((h) => (
            <div key={h.what + h.text}>
              <dt>{h.what}</dt>
              <dd class={h.warning ? 'doubt' : ''}>
                {h.warning ? '⚠ ' : ''}
                {h.text}
              </dd>
            </div>
          ))}
        </dl>
        <CopyMenu
          what="health"
          table={() => [
            ['what', 'finding', 'warning'],
            ...board.health.map((h) => [h.what, h.text, h.warning ? 'yes' : 'no']),
          ]}
        />
      </Section>
      <Section id="sessions" title="Sessions">
        <PlainTable
          what="sessions"
          head={['started', 'length', 'end', 'device', 'ideas from', 'sandbox']}
          rows={board.sessions.map((s) => [
            s.started,
            s.length,
            s.detail ? `${s.end}: ${s.detail}` : s.end,
            s.device,
            s.proposer,
            s.sandbox,
          ])}
        />
      </Section>
      <Section id="fine" title="Fine print">
        <Facts lines={board.finePrint} what="fine-print" />
      </Section>
    </article>
  );
}
