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
  max-width: 1180px;
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
.first-step {
  margin: 0 0 4px;
}
.tiles {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(160px, 1fr));
  gap: 8px;
  margin: 10px 0;
}
.tiles div {
  background: var(--pane);
  border: 1px solid var(--edge);
  border-radius: 6px;
  padding: 6px 11px;
}
.tiles dd {
  margin: 0;
  overflow-wrap: anywhere;
}
.tiles b {
  display: block;
  font-size: 19px;
  line-height: 1.3;
}
.tiles span {
  display: -webkit-box;
  -webkit-line-clamp: 2;
  -webkit-box-orient: vertical;
  overflow: hidden;
  color: var(--soft);
  font-size: 12px;
  line-height: 1.35;
}
.t-good b {
  color: var(--good);
}
.t-doubt b {
  color: var(--warn);
}
.t-bad b {
  color: var(--bad);
}
dt {
  color: var(--soft);
  font-size: 12px;
}
.first {
  display: grid;
  grid-template-columns: minmax(0, 2fr) minmax(300px, 1fr);
  gap: 0 22px;
  align-items: start;
}
.first figure {
  grid-column: 1;
  grid-row: 1;
}
#change {
  grid-column: 2;
}
#change h2 {
  margin-top: 10px;
}
#change td {
  min-width: 0;
}
#change td:first-child {
  overflow-wrap: break-word;
}
#change code {
  padding: 0;
  background: none;
  font-size: 11.5px;
}
figure {
  margin: 8px 0;
  max-width: 780px;
}
.narrow {
  display: none;
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
  min-width: 6em;
}
td.w {
  width: 40%;
  min-width: 16em;
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
@media (max-width: 900px) {
  .first {
    display: block;
  }
}
@media (max-width: 640px) {
  main {
    padding: 14px 12px 40px;
  }
  .tiles {
    grid-template-columns: 1fr 1fr;
  }
  .wide:has(+ .narrow) {
    display: none;
  }
  .narrow {
    display: block;
  }
  thead {
    display: none;
  }
  tbody tr {
    display: block;
    padding: 5px 0;
    border-bottom: 1px solid var(--edge);
  }
  td,
  td.n,
  td.w {
    display: block;
    width: auto;
    min-width: 0;
    padding: 1px 0;
    border: 0;
    text-align: left;
    white-space: normal;
  }
  td:empty {
    display: none;
  }
  #change thead {
    display: table-header-group;
  }
  #change tbody tr {
    display: table-row;
  }
  #change td {
    display: table-cell;
    padding: 3px 6px 3px 0;
    border-bottom: 1px solid var(--edge);
  }
  section:not(#change) td[data-label]:not(.w)::before {
    content: attr(data-label) ":\\00a0 ";
    color: var(--soft);
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
  :root {
    color-scheme: light;
  }
  body {
    font-size: 11px;
  }
  main {
    max-width: none;
    padding: 0;
  }
  .first {
    grid-template-columns: 2fr 1fr;
  }
  .scroll {
    overflow: visible;
  }
  table {
    font-size: 10px;
  }
  td.w {
    min-width: 0;
  }
  tr,
  figure,
  .tiles div,
  dd {
    break-inside: avoid;
  }
  h2 {
    break-after: avoid;
  }
  #all,
  .diff {
    display: none;
  }
}
`);
