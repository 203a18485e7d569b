/** Several labs in one picture, with a table of what each reached. */
import { overlaySvg } from '../../src/render/overlay.ts';
import { type OverlayLab, type OverlayX, viewOverlay } from '../../src/view/pictures/overlay.ts';
import { goTo, usePlace } from '../url.ts';
import { CurveKey } from './curve-key.tsx';
import { CopyableDrawing, PlainTable } from './pieces.tsx';

const X_OPTIONS = [
  ['experiment', 'experiments'],
  ['clock', 'hours'],
] as const;

export function LabOverlay({ labs }: { labs: readonly OverlayLab[] }) {
  const { x, overlay } = usePlace();
  const xAxis: OverlayX = x === 'clock' ? 'clock' : 'experiment';
  const view = viewOverlay(labs, xAxis, overlay);
  const rows = labs.map(({ id, line }) => [
    id,
    line.baseline?.text ?? '–',
    line.best?.text ?? '–',
    line.gain ?? 'none',
    String(line.tried),
    line.time,
    line.cost || '–',
  ]);
  return (
    <section class="overlay" aria-labelledby="overlay-title">
      <h2 id="overlay-title">Best so far of {labs.length} labs</h2>
      <div class="axes">
        <span class="switch" role="group" aria-label="x axis">
          <span class="soft">x</span>
          {X_OPTIONS.map(([id, text]) => (
            <button key={id} type="button" aria-pressed={id === xAxis} onClick={() => goTo({ x: id })}>
              {text}
            </button>
          ))}
        </span>
        <span class="switch" role="group" aria-label="y axis">
          <span class="soft">y</span>
          <button
            type="button"
            disabled={!view.canShowValue}
            aria-pressed={view.yAxis === 'value'}
            onClick={() => goTo({ overlay: 'value' })}
          >
            metric
          </button>
          <button type="button" aria-pressed={view.yAxis === 'gain'} onClick={() => goTo({ overlay: 'gain' })}>
            gain
          </button>
        </span>
        <span class="legend">
          {view.lines.map(({ label }, index) => (
            <CurveKey key={label} index={index} width={2.2} label={label} />
          ))}
        </span>
      </div>
      <CopyableDrawing
        what="overlay"
        drawSvg={(width) => overlaySvg(view, width)}
        table={() => [
          ['lab', view.xTitle, view.yTitle],
          ...view.lines.flatMap(({ label, corners }) =>
            corners.map(([at, value]) => [label, String(at), String(value)]),
          ),
        ]}
      />
      <p class="soft">{view.remark}</p>
      <PlainTable
        what="labs"
        headings={['lab', 'baseline', 'best', 'confirmed gain', 'experiments', 'time', 'cost']}
        rows={rows}
      />
    </section>
  );
}
