/** Two knobs together: which two, and the metric over them. The address holds the choice. */
import { useMemo } from 'preact/hooks';
import { contourPoints, contourSvg } from '../../src/render/contour-plot.ts';
import type { FactorsAnswer } from '../../src/view/answers.ts';
import type { Board } from '../../src/view/board.ts';
import { varyingAxes, viewContour } from '../../src/view/pictures/contour.ts';
import { goTo, usePlace } from '../url.ts';
import { PickPlot } from './pick.tsx';

interface KnobPairProps {
  readonly factors: FactorsAnswer;
  readonly board: Board;
}

export function KnobPair({ factors, board }: KnobPairProps) {
  const { knobX, knobY } = usePlace();
  const names = useMemo(() => varyingAxes(factors).map((axis) => axis.name), [factors]);
  const [xName, yName] = pairOf(factors, names, knobX, knobY);
  const contour = useMemo(
    () => (xName && yName ? viewContour(factors, xName, yName, board.metric.decimals) : undefined),
    [factors, xName, yName, board.metric.decimals],
  );
  if (!xName || !yName) return <p class="soft">Fewer than two knobs were changed so far.</p>;
  if (!contour) return <p class="soft">No experiment with a number has both knobs.</p>;
  const pointTable = (): string[][] => [
    ['#', xName, yName, board.metric.name],
    ...factors.lines.flatMap((line) =>
      line.value
        ? [
            [
              String(line.n),
              ...[xName, yName].map((name) => line.texts[axisIndexOf(factors, name)] ?? ''),
              line.value.text,
            ],
          ]
        : [],
    ),
  ];
  return (
    <>
      <p class="row pair">
        <KnobSelect
          label="Across"
          names={names}
          value={xName}
          other={yName}
          onPick={(knobName) => goTo({ knobX: knobName, knobY: yName })}
        />
        <KnobSelect
          label="Up"
          names={names}
          value={yName}
          other={xName}
          onPick={(knobName) => goTo({ knobX: xName, knobY: knobName })}
        />
        <button type="button" onClick={() => goTo({ knobX: yName, knobY: xName })}>
          swap
        </button>
      </p>
      <PickPlot
        what="two-knobs"
        drawSvg={(width) => contourSvg(contour, width)}
        pointsAt={(width) => contourPoints(contour, width)}
        table={pointTable}
        source={contour}
      />
      <p class="soft">{contour.caption}</p>
    </>
  );
}

const axisIndexOf = (factors: FactorsAnswer, name: string): number =>
  factors.axes.findIndex((axis) => axis.name === name);

/** The two that the address names, else the two that matter most. */
function pairOf(
  factors: FactorsAnswer,
  names: readonly string[],
  knobX: string,
  knobY: string,
): readonly (string | undefined)[] {
  const byImportance = factors.importance.map((knob) => knob.name).filter((name) => names.includes(name));
  const candidates = [...new Set([knobX, knobY, ...byImportance, ...names])].filter((name) => names.includes(name));
  if (names.includes(knobX) || !names.includes(knobY)) return candidates.slice(0, 2);
  return [candidates[1], candidates[0]];
}

interface KnobSelectProps {
  readonly label: string;
  readonly names: readonly string[];
  readonly value: string;
  /** On the other axis. */
  readonly other: string;
  readonly onPick: (name: string) => void;
}

function KnobSelect({ label, names, value, other, onPick }: KnobSelectProps) {
  return (
    <label>
      <span class="soft">{label}</span>{' '}
      <select value={value} onChange={(event) => onPick(event.currentTarget.value)}>
        {names.map((name) => (
          <option key={name} value={name} disabled={name === other}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
