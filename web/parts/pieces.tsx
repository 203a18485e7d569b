/** Pieces that several pages share: drawings in the page, diffs, lists of facts. */
import type { ExperimentPage } from '../../src/view/lab/experiment.ts';
import type { StripLine } from '../../src/render/plots.ts';
import { stripSvg } from '../../src/render/plots.ts';
import { CopyMenu } from './copy.tsx';
import { useWidth } from './stairs.tsx';

/** A drawing of our own: escaped where it is made. */
export function CopyableDrawing({
  drawSvg,
  what,
  table,
}: {
  drawSvg: (width: number) => string;
  what: string;
  table?: () => string[][];
}) {
  const [boxRef, width] = useWidth();
  return (
    <div class="drawing">
      <div ref={boxRef} dangerouslySetInnerHTML={{ __html: width > 0 ? drawSvg(width) : '' }} />
      <CopyMenu what={what} svg={() => drawSvg(800)} {...(table && { table })} />
    </div>
  );
}

type LabelledTexts = readonly { readonly label: string; readonly text: string }[];

/** With a name, it can be copied. */
export function FactList({ lines, what }: { lines: LabelledTexts; what?: string }) {
  return (
    <>
      <dl class="facts">
        {lines.map((line) => (
          <div key={line.label}>
            <dt>{line.label}</dt>
            <dd>
              <bdi>{line.text}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      {what && (
        <CopyMenu what={what} table={() => [['what', 'value'], ...lines.map((line) => [line.label, line.text])]} />
      )}
    </>
  );
}

/** A small table of texts, as it is shown and as it is copied. */
export function PlainTable({
  what,
  headings,
  rows,
}: {
  what: string;
  headings: readonly string[];
  rows: readonly (readonly string[])[];
}) {
  return (
    <>
      <div class="wide" tabIndex={0} role="region" aria-label={what}>
        <table class="plain">
          <thead>
            <tr>
              {headings.map((heading) => (
                <th scope="col" key={heading}>
                  {heading}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((cells, rowIndex) => (
              <tr key={rowIndex}>
                {cells.map((cell, column) => (
                  <td key={headings[column]}>
                    <bdi>{cell}</bdi>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <CopyMenu what={what} table={() => [headings, ...rows]} />
    </>
  );
}

export function stripLine(page: ExperimentPage, side: ExperimentPage['mine'], label: string, main: boolean): StripLine {
  return {
    label,
    main,
    values: side.measurements.flatMap((measurement) =>
      measurement.value && !measurement.isScreening ? [measurement.value.raw] : [],
    ),
    text: side.mean ? `${side.mean.text}${side.half ? ` ± ${side.half.text}` : ''}` : `no ${page.metric}`,
    ...(side.mean && { mean: side.mean.raw }),
    ...(side.half && { half: side.half.raw }),
  };
}

export function StripPlot({ lines }: { lines: readonly StripLine[] }) {
  const stripTable = (): string[][] => [
    ['experiment', 'mean', 'measurements'],
    ...lines.map((line) => [line.label, line.text, line.values.join(' ')]),
  ];
  return <CopyableDrawing what="replicates" drawSvg={(width) => stripSvg(lines, width)} table={stripTable} />;
}
