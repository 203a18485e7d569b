/** The style of the HTML report: one column, system fonts, light, dark and paper. */
import { compactCss } from './css.ts';

export const PAGE_STYLE = compactCss(`
:root {
  color-scheme: light dark;
  --bg: #fff;
  --ink: #1f2328;
  --soft: #57606a;
  --edge: #d8dde3;
  --pane: #f6f8fa;
  --good: #00735a;
  --warn: #9a6700;
  --bad: #b3261e;
  --add: #dafbe1;
  --del: #ffebe9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #0d1117;
    --ink: #e6edf3;
    --soft: #9198a1;
    --edge: #30363d;
    --pane: #161b22;
    --good: #3fd0a4;
    --warn: #e3b341;
    --bad: #ff7b72;
    --add: #12361f;
    --del: #451a1c;
  }
}
* {
  box-sizing: border-box;
}
body {
  margin: 0;
  background: var(--bg);
  color: var(--ink);
  font: 15px/1.5 ui-sans-serif, system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
main {
  max-width: 1000px;
  margin: 0 auto;
  padding: 24px 20px 60px;
}
h1 {
  font-size: 22px;
  margin: 0 0 8px;
}
h2 {
  font-size: 17px;
  margin: 34px 0 8px;
  padding-bottom: 4px;
  border-bottom: 1px solid var(--edge);
}
.soft {
  color: var(--soft);
  font-weight: 400;
}
.verdict {
  font-size: 19px;
  line-height: 1.4;
  font-weight: 600;
  margin: 8px 0;
}
p {
  margin: 6px 0;
  overflow-wrap: anywhere;
}
.state {
  display: inline-block;
  padding: 1px 10px;
  border-radius: 12px;
  border: 1px solid var(--edge);
  background: var(--pane);
}
.s-died,
.s-broken,
.s-stalled {
  border-color: var(--bad);
  color: var(--bad);
  font-weight: 600;
}
.s-running {
  border-color: var(--good);
  color: var(--good);
}
.trust {
  color: var(--soft);
}
.trust b {
  color: var(--good);
}
.t-guarded b {
  color: var(--warn);
}
.t-reported,
.t-reported b {
  color: var(--bad);
}
.tiles {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(160px, 1fr));
  gap: 8px;
  margin: 14px 0;
}
.tiles div {
  background: var(--pane);
  border: 1px solid var(--edge);
  border-radius: 6px;
  padding: 7px 11px;
}
dt {
  color: var(--soft);
  font-size: 12px;
}
.tiles dd {
  margin: 0;
  overflow-wrap: anywhere;
}
figure {
  margin: 16px 0;
  overflow-x: auto;
}
figure svg {
  display: block;
  width: 100%;
}
figcaption {
  color: var(--soft);
  font-size: 13px;
  margin-top: 4px;
}
.scroll {
  overflow-x: auto;
  margin: 8px 0;
}
table {
  border-collapse: collapse;
  width: 100%;
  font-size: 13.5px;
}
th,
td {
  text-align: left;
  padding: 3px 9px;
  border-bottom: 1px solid var(--edge);
  vertical-align: top;
  overflow-wrap: anywhere;
}
th {
  color: var(--soft);
  font-weight: 500;
  white-space: nowrap;
}
.n {
  text-align: right;
  white-space: nowrap;
}
td:not(.n) {
  min-width: 7.5em;
}
.pairs {
  display: grid;
  grid-template-columns: max-content 1fr;
  gap: 3px 16px;
  margin: 8px 0;
}
.pairs dt {
  font-size: 14px;
}
.pairs dd {
  margin: 0;
  overflow-wrap: anywhere;
}
.warn {
  color: var(--warn);
  font-weight: 600;
}
pre {
  background: var(--pane);
  border: 1px solid var(--edge);
  border-radius: 6px;
  padding: 10px 12px;
  overflow-x: auto;
  font: 12.5px/1.45 ui-monospace, "DejaVu Sans Mono", monospace;
}
code {
  background: var(--pane);
  border-radius: 4px;
  padding: 1px 5px;
  font: 13px ui-monospace, "DejaVu Sans Mono", monospace;
}
pre span {
  display: inline-block;
  min-width: 100%;
}
pre .add {
  background: var(--add);
}
pre .del {
  background: var(--del);
}
pre .hunk {
  color: var(--soft);
}
pre .soft {
  min-width: 0;
}
details {
  margin: 5px 0;
}
summary {
  cursor: pointer;
  overflow-wrap: anywhere;
}
ul {
  margin: 6px 0;
  padding-left: 22px;
}
.k-champion,
.k-confirmed,
.k-in-stack,
.k-unconfirmed {
  color: var(--good);
}
.k-crashed {
  color: var(--bad);
}
.k-inconclusive {
  color: var(--warn);
  font-weight: 700;
}
#fine-print {
  color: var(--soft);
  font-size: 13px;
}
@media (max-width: 560px) {
  figure svg {
    min-width: 660px;
  }
  .pairs {
    grid-template-columns: 1fr;
    gap: 0;
  }
  .pairs dd {
    margin-bottom: 6px;
  }
}
@media print {
  main {
    max-width: none;
  }
  details {
    display: block;
  }
}
`);
