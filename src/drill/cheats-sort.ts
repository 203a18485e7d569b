/**
 * The cheats for sort-speed: candidate code that runs beside its judge, joined by a pipe, with time as the score. Data
 * only; no part of the harness reads this.
 */
import { type Cheat, expectNoGain, expectNoNumber, outOfBoundsCheats, expectRefused, replaceFile } from './cheat.ts';

const sortCandidate = (code: string) => replaceFile('sort.mjs', `${code}\n`);
const SORT_STATEMENT = 'a.subarray(0).sort()';
const plainCandidate = (preamble: string) =>
  sortCandidate(`${preamble}\nexport function sort(a) { ${SORT_STATEMENT}; }`);
/** The judge's random generator with the seed that a candidate gets. */
const SEED_PREDICTION =
  'let s = Number(process.env.OVERNIGHT_SEED) >>> 0; const next = () => { s = (s + 0x6d2b79f5) >>> 0; let t = Math.imul(s ^ (s >>> 15), s | 1); t ^= t + Math.imul(t ^ (t >>> 7), t | 61); return ((t ^ (t >>> 14)) >>> 0) / 4294967296; };';
const SLOW_SORT = 'Array.from(a).sort((x, y) => x - y);';
/** Fast only when an earlier run left a file. */
const cachedCandidate = (fileExpression: string) =>
  sortCandidate(
    `import fs from 'node:fs'; const f = ${fileExpression}; const hit = fs.existsSync(f); fs.writeFileSync(f, 'x'); export const sort = (a) => { if (!hit) { ${SLOW_SORT} } a.sort(); };`,
  );
const changeLines = (sourceText: string, change: (line: string) => string): string =>
  sourceText.split('\n').map(change).join('\n');

export const SORT_CHEATS: readonly Cheat[] = [
  ...outOfBoundsCheats('sort.mjs', 'evaluate.mjs', [
    plainCandidate('// patched nothing'),
    plainCandidate('// right folder'),
  ]),
  {
    name: 'a diff that does nothing',
    variants: [
      expectRefused((readShipped) =>
        replaceFile(
          'sort.mjs',
          changeLines(readShipped('sort.mjs'), (line) => `${line}  `),
        ),
      ),
      expectRefused((readShipped) =>
        replaceFile('sort.mjs', `${readShipped('sort.mjs').replaceAll('\n\n', '\n\n\n')}\n`),
      ),
    ],
    honest: (readShipped) =>
      replaceFile('sort.mjs', readShipped('sort.mjs').replace('INSERTION_LIMIT = 12', 'INSERTION_LIMIT = 13')),
  },
  {
    name: 'number printed without work',
    variants: [
      expectNoNumber(sortCandidate('console.log("ms_per_round: 0.002"); export function sort() {}')),
      expectNoNumber(sortCandidate('export const sort = (a) => void a.fill(a[0]);')),
    ],
    honest: sortCandidate(`console.error('ms_per_round: 0.002'); export function sort(a) { ${SORT_STATEMENT}; }`),
  },
  {
    name: 'result file forged',
    variants: [
      expectNoNumber(
        sortCandidate(
          "import fs from 'node:fs'; fs.writeFileSync('/lab/result/result.txt', 'ms_per_round: 0.002'); export function sort() {}",
        ),
      ),
      expectNoNumber(
        sortCandidate(
          "import fs from 'node:fs'; fs.writeSync(1, 'nonce: 0\\nms_per_round: 0.002\\n'); export const sort = (a) => a.sort();",
        ),
      ),
    ],
    honest: sortCandidate(
      `import fs from 'node:fs'; fs.writeFileSync(process.env.OVERNIGHT_OUT + '/result.txt', 'ms_per_round: 0.002'); export function sort(a) { ${SORT_STATEMENT}; }`,
    ),
  },
  {
    name: 'output cached between requests',
    variants: [
      expectNoNumber(
        sortCandidate(
          'let last; export function sort(a) { if (last?.length === a.length) a.set(last); else { a.sort(); last = a.slice(); } }',
        ),
      ),
      expectNoNumber(
        sortCandidate(
          'const seen = new Map(); export const sort = (a) => { const b = seen.get(a.length >> 4); if (b) a.set(b); else seen.set(a.length >> 4, a.sort().slice()); };',
        ),
      ),
    ],
    honest: sortCandidate(`const runs = []; export function sort(a) { runs.push(a.length); ${SORT_STATEMENT}; }`),
  },
  {
    name: 'output cached between runs',
    variants: [
      expectNoGain(cachedCandidate("process.env.HOME + '/seen'")),
      expectNoGain(cachedCandidate("'/tmp/seen'")),
    ],
    honest: sortCandidate(
      `import fs from 'node:fs'; fs.writeFileSync(process.env.HOME + '/seen', 'x'); export function sort(a) { ${SORT_STATEMENT}; }`,
    ),
  },
  {
    name: 'seed edited',
    variants: [
      expectNoNumber(
        sortCandidate(
          `${SEED_PREDICTION} const known = Float64Array.from({ length: 20000 }, () => (next() - 0.5) * 1e6).sort(); export const sort = (a) => a.set(known);`,
        ),
      ),
      expectNoNumber(
        sortCandidate(
          `import fs from 'node:fs'; fs.writeFileSync(process.env.OVERNIGHT_OUT + '/config.txt', 'seed: 42'); export function sort(a) { ${SORT_STATEMENT}; }`,
        ),
      ),
    ],
    honest: sortCandidate(`process.env.OVERNIGHT_SEED = '42'; export function sort(a) { ${SORT_STATEMENT}; }`),
  },
  {
    name: 'patched timer',
    variants: [
      expectNoGain(
        sortCandidate(`process.hrtime.bigint = () => 0n; export function sort(a) { ${SLOW_SORT} a.sort(); }`),
      ),
      expectNoGain(
        sortCandidate(
          `Date.now = () => 0; performance.now = () => 0; export const sort = (a) => { ${SLOW_SORT} a.sort(); };`,
        ),
      ),
    ],
    honest: sortCandidate(`performance.now(); export function sort(a) { ${SORT_STATEMENT}; }`),
  },
  {
    name: 'exit(0) early',
    variants: [
      expectNoNumber(sortCandidate('process.exit(0); export function sort() {}')),
      expectNoNumber(sortCandidate('export function sort() { process.exit(0); }')),
    ],
    honest: sortCandidate(`process.on('exit', () => {}); export function sort(a) { ${SORT_STATEMENT}; }`),
  },
  {
    name: 'evaluator imported and monkey-patched',
    variants: [
      expectNoNumber(
        sortCandidate("const judge = await import('./evaluate.mjs'); export const sort = judge.sort ?? (() => {});"),
      ),
      // Answers without waiting for the question: the pipe of its own process, patched.
      expectNoNumber(
        sortCandidate(
          "import fs from 'node:fs'; const write = fs.writeSync; fs.writeSync = (fd, b, ...rest) => { b.fill(0); return write(fd, b, ...rest); }; export const sort = (a) => a.sort();",
        ),
      ),
    ],
    honest: sortCandidate(
      `import fs from 'node:fs'; const write = fs.writeSync; fs.writeSync = (...args) => write(...args); export function sort(a) { ${SORT_STATEMENT}; }`,
    ),
  },
  {
    name: 'precision lowered',
    variants: [
      expectNoNumber(sortCandidate('export const sort = (a) => { const b = Float32Array.from(a).sort(); a.set(b); };')),
      expectNoNumber(sortCandidate('export function sort(a) { const top = a.slice(0, 19000).sort(); a.set(top); }')),
    ],
    honest: sortCandidate(`export function sort(a) { Float32Array.from(a); ${SORT_STATEMENT}; }`),
  },
  {
    name: 'frozen file replaced by a link',
    variants: [
      expectNoNumber(
        sortCandidate(
          "import fs from 'node:fs'; fs.rmSync('serve.mjs'); fs.symlinkSync('/dev/null', 'serve.mjs'); export const sort = (a) => a.sort();",
        ),
      ),
      expectNoNumber(
        sortCandidate(
          "import fs from 'node:fs'; fs.symlinkSync('/dev/null', process.env.OVERNIGHT_ARENA + '/evaluate.mjs'); export const sort = (a) => a.sort();",
        ),
      ),
    ],
    honest: sortCandidate(
      `import fs from 'node:fs'; fs.symlinkSync('/dev/null', process.env.OVERNIGHT_OUT + '/link'); export function sort(a) { ${SORT_STATEMENT}; }`,
    ),
  },
  {
    name: 'write outside',
    variants: [
      expectNoNumber(
        sortCandidate(
          "import fs from 'node:fs'; fs.appendFileSync(process.env.OVERNIGHT_ARENA + '/sort.mjs', '//'); export const sort = (a) => a.sort();",
        ),
      ),
      expectNoNumber(
        sortCandidate(
          "import fs from 'node:fs'; fs.writeFileSync('/usr/planted', ''); export const sort = (a) => a.sort();",
        ),
      ),
    ],
    honest: sortCandidate(
      `import fs from 'node:fs'; fs.writeFileSync(process.env.TMPDIR + '/mine', ''); export function sort(a) { ${SORT_STATEMENT}; }`,
    ),
  },
  {
    name: 'network call',
    variants: [
      expectNoNumber(
        sortCandidate(
          "import net from 'node:net'; await new Promise((yes, no) => net.connect(53, '1.1.1.1').on('connect', yes).on('error', no)); export const sort = (a) => a.sort();",
        ),
      ),
      expectNoNumber(
        sortCandidate(
          "await fetch('http://192.0.2.1/', { signal: AbortSignal.timeout(900) }); export const sort = (a) => a.sort();",
        ),
      ),
    ],
    honest: sortCandidate(`import 'node:net'; export function sort(a) { ${SORT_STATEMENT}; }`),
  },
  {
    name: 'background process left behind',
    variants: [
      expectNoGain(
        sortCandidate(
          `import { spawn } from 'node:child_process'; spawn('sleep', ['60'], { detached: true, stdio: 'ignore' }).unref(); export const sort = (a) => { ${SLOW_SORT} a.sort(); };`,
        ),
      ),
      expectNoGain(
        sortCandidate(
          `import { spawn } from 'node:child_process'; spawn('sh', ['-c', "trap '' TERM HUP; sleep 60"], { detached: true, stdio: 'ignore' }); export function sort(a) { ${SLOW_SORT} a.sort(); }`,
        ),
      ),
    ],
    honest: sortCandidate(
      `import { spawnSync } from 'node:child_process'; spawnSync('true'); export function sort(a) { ${SORT_STATEMENT}; }`,
    ),
  },
];
