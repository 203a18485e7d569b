/** The style of the staircase, scoped to `.ov-stair` so that it may stand inline in any page: light and dark. */
import { compactCss } from './css.ts';

export const STAIR_STYLE = compactCss(`
.ov-stair {
  --bg: #fff;
  --ink: #1f2328;
  --soft: #57606a;
  --grid: #e6e8eb;
  --best: #00735a;
  --dot: #8b949e;
  --doubt: #9a6700;
  --bad: #c2410c;
  --base: #4f6fad;
  --band: #00735a22;
  font-family: ui-sans-serif, system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif;
  font-size: 11px;
  font-variant-numeric: tabular-nums;
  max-width: 100%;
  height: auto;
}
@media (prefers-color-scheme: dark) {
  .ov-stair {
    --bg: #0d1117;
    --ink: #e6edf3;
    --soft: #9198a1;
    --grid: #262c36;
    --best: #3fd0a4;
    --dot: #7d8590;
    --doubt: #e3b341;
    --bad: #ff8f66;
    --base: #8fa8d9;
    --band: #3fd0a42b;
  }
}
.ov-stair .ov-bg {
  fill: var(--bg);
}
.ov-stair text {
  fill: var(--soft);
}
.ov-stair .ov-title {
  fill: var(--ink);
  font-size: 15px;
  font-weight: 600;
}
.ov-stair .ov-empty {
  font-size: 15px;
}
.ov-stair .ov-label {
  fill: var(--ink);
  paint-order: stroke;
  stroke: var(--bg);
  stroke-width: 3.5px;
  stroke-linejoin: round;
}
.ov-stair .ov-grid {
  stroke: var(--grid);
  fill: none;
}
.ov-stair .ov-line {
  stroke: var(--best);
  stroke-width: 2;
  fill: none;
  stroke-linejoin: round;
}
.ov-stair .ov-band {
  fill: var(--band);
}
.ov-stair .ov-base {
  stroke: var(--base);
  stroke-dasharray: 5 4;
  fill: none;
}
.ov-stair .ov-basetext {
  fill: var(--base);
  paint-order: stroke;
  stroke: var(--bg);
  stroke-width: 3px;
}
.ov-stair .ov-lead {
  stroke: var(--soft);
  stroke-width: .7;
  fill: none;
}
.ov-stair .ov-k {
  fill: var(--best);
  stroke: var(--bg);
  stroke-width: 1;
}
.ov-stair .ov-again {
  stroke: var(--best);
  stroke-width: 1;
  stroke-dasharray: 2 2;
  fill: none;
}
.ov-stair .ov-sq {
  fill: var(--bg);
  stroke: var(--best);
  stroke-width: 1.4;
}
.ov-stair .ov-h {
  fill: var(--bg);
  stroke: var(--best);
  stroke-width: 1.8;
}
.ov-stair .ov-hi {
  fill: var(--best);
}
.ov-stair .ov-d {
  fill: var(--dot);
}
.ov-stair .ov-dd {
  stroke: var(--dot);
  stroke-width: 4;
  stroke-linecap: round;
  fill: none;
  opacity: .7;
}
.ov-stair .ov-q {
  fill: var(--doubt);
  font-weight: 700;
  font-size: 12px;
}
.ov-stair .ov-x {
  stroke: var(--bad);
  stroke-width: 1.6;
  fill: none;
}
.ov-stair .ov-r {
  stroke: var(--dot);
  stroke-width: 1.3;
  fill: none;
}
.ov-stair .ov-b {
  fill: var(--bg);
  stroke: var(--base);
  stroke-width: 1.8;
}
`);
