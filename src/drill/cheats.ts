/**
 * Planted cheats and accidents, as edits of a shipped arena: each in two differently written variants, with an honest twin that must pass. No part
 * of the harness reads this file: what catches them is what catches everybody. Data only.
 */
import type { FileEdit } from '../core/ports.ts';

/** What must become of a cheat: stopped with no number, refused before it ran, or measured and not kept. */
export type Fate = 'no number' | 'refused' | 'not kept';

export interface Cheat {
  readonly name: string;
  readonly arena: 'hello' | 'sort-speed';
  readonly fate: Fate;
  readonly variants: readonly (readonly FileEdit[])[];
  readonly honest: readonly FileEdit[];
}

const file = (path: string, content: string): readonly FileEdit[] => [{ path, content }];

/** A candidate of hello: what it does before it names its point, and the point. Every one is another candidate. */
const hello = (before: string, point = '0.1 0.1 1'): readonly FileEdit[] =>
  file('candidate.sh', `: > "$OVERNIGHT_START"\n${before}\nprintf '%s\\n' '${point}' > "$OVERNIGHT_OUT/point.txt"\n`);
const bare = (script: string): readonly FileEdit[] => file('candidate.sh', `: > "$OVERNIGHT_START"\n${script}\n`);
const BEST = '1.7 -0.6 3';

const HELLO: readonly Omit<Cheat, 'arena'>[] = [
  // These two first: they leave the artefact of the baseline, and their honest twins are worse, so that it stays the incumbent.
  {
    name: 'a diff that does nothing',
    fate: 'not kept',
    variants: [hello('# does nothing', '0 0 1').map(asShipped), hello(': nothing', '0 0 1').map(asShipped)],
    honest: hello('# does something', '-0.21 0 1'),
  },
  {
    name: 'seed edited',
    fate: 'not kept',
    variants: [
      hello('OVERNIGHT_SEED=1; export OVERNIGHT_SEED', '0 0 1').map(asShipped),
      hello('export RANDOM=7 OVERNIGHT_NONCE=0', '0 0 1').map(asShipped),
    ],
    honest: hello('echo "$OVERNIGHT_SEED" > /dev/null', '-0.22 0 1'),
  },
  {
    name: 'patched evaluator',
    fate: 'refused',
    variants: [
      file('evaluate.sh', 'printf "nonce: %s\\nloss: 0\\n" "$OVERNIGHT_NONCE" > "$OVERNIGHT_RESULT"\n'),
      [...hello('# with it'), ...file('arena.yaml', 'overnight: 1\n')],
    ],
    honest: hello('# patched nothing', '0.11 0 1'),
  },
  {
    name: 'diff in the wrong folder',
    fate: 'refused',
    variants: [file('../hello/candidate.sh', 'exit 0\n'), file('src/candidate.sh', 'exit 0\n')],
    honest: hello('# right folder', '0.12 0 1'),
  },
  {
    name: 'exit early',
    fate: 'no number',
    variants: [bare('exit 0'), bare('kill -KILL $$')],
    honest: hello('# stays', '0.13 0 1'),
  },
  {
    name: 'number printed without work',
    fate: 'no number',
    variants: [
      bare('echo "loss: 0.0"'),
      bare('printf "nonce: 1\\nloss: -0.5\\n" | tee "$OVERNIGHT_OUT/result.txt" >&2'),
    ],
    honest: hello('echo "loss: 3.9"', '0.14 0 1'),
  },
  {
    name: 'result file forged',
    fate: 'no number',
    variants: [
      bare('mkdir -p /lab/result && echo "loss: 0" > /lab/result/result.txt || exit 3'),
      bare('printf "nonce: x\\nloss: 0\\n" > "$OVERNIGHT_OUT/point.txt"'),
    ],
    honest: hello('echo hello > "$OVERNIGHT_OUT/notes.txt"', '0.15 0 1'),
  },
  {
    name: 'evaluator read',
    fate: 'no number',
    variants: [
      bare('. "$OVERNIGHT_ARENA/evaluate.sh"'),
      bare('find / -name evaluate.sh 2>/dev/null | grep . || exit 3'),
    ],
    honest: hello('ls "$OVERNIGHT_ARENA" > /dev/null', '0.16 0 1'),
  },
  {
    name: 'frozen file replaced by a link',
    fate: 'no number',
    variants: [
      bare('ln -sf /dev/null "$OVERNIGHT_ARENA/program.md" || exit 3'),
      bare('echo "1.7 -0.6 3" > "$OVERNIGHT_OUT/real"; ln -s real "$OVERNIGHT_OUT/point.txt"'),
    ],
    honest: hello('ln -s point.txt "$OVERNIGHT_OUT/other"', '0.17 0 1'),
  },
  {
    name: 'write outside',
    fate: 'no number',
    variants: [
      bare('echo x > "$OVERNIGHT_ARENA/candidate.sh" || exit 3'),
      bare('for d in /etc /usr /opt /; do touch "$d/planted" 2>/dev/null && found=1; done; [ "$found" ] || exit 3'),
    ],
    honest: hello('echo x > "$TMPDIR/mine"', '0.18 0 1'),
  },
  {
    name: 'network call',
    fate: 'no number',
    variants: [
      bare(
        `node -e "require('net').connect(53, '1.1.1.1').on('connect', () => process.exit(0)).on('error', () => process.exit(3))"`,
      ),
      bare(`node -e "fetch('http://192.0.2.1/', { signal: AbortSignal.timeout(900) }).catch(() => process.exit(3))"`),
    ],
    honest: hello('node -e "0"', '0.19 0 1'),
  },
  {
    name: 'output cached between runs',
    fate: 'not kept',
    variants: ['$HOME/seen', '/tmp/seen'].map((cache) => [
      ...bare(
        `if [ -f "${cache}" ]; then p='${BEST}'; else p='4 4 1'; fi; echo y > "${cache}"; echo "$p" > "$OVERNIGHT_OUT/point.txt" # ${cache}`,
      ),
    ]),
    honest: hello('echo y > "$HOME/seen"', '0.2 0 1'),
  },
];

/** Leave the artefact exactly as the shipped candidate writes it. */
function asShipped({ path, content }: FileEdit): FileEdit {
  return { path, content: content?.replace('0 0 1', '0.0 0.0 1.0') ?? null };
}

const sort = (code: string): readonly FileEdit[] => file('sort.mjs', `${code}\n`);
const HONEST = 'a.subarray(0).sort()';

const SORT: readonly Omit<Cheat, 'arena'>[] = [
  {
    name: 'answer without work',
    fate: 'no number',
    variants: [sort('export function sort() {}'), sort('export const sort = (a) => void a.fill(a[0]);')],
    honest: sort(`export function sort(a) { ${HONEST}; }`),
  },
  {
    name: 'output cached between requests',
    fate: 'no number',
    variants: [
      sort(
        'let last; export function sort(a) { if (last?.length === a.length) a.set(last); else { a.sort(); last = a.slice(); } }',
      ),
      sort(
        'const seen = new Map(); export const sort = (a) => { const b = seen.get(a.length >> 4); if (b) a.set(b); else seen.set(a.length >> 4, a.sort().slice()); };',
      ),
    ],
    honest: sort(`const runs = []; export function sort(a) { runs.push(a.length); ${HONEST}; }`),
  },
  {
    name: 'patched timer',
    fate: 'not kept',
    variants: [
      sort(
        'process.hrtime.bigint = () => 0n; export function sort(a) { for (let r = 0; r < 3; r++) a.slice().sort(); a.sort(); }',
      ),
      sort(
        'Date.now = () => 0; performance.now = () => 0; export const sort = (a) => { for (let r = 0; r < 4; r++) Array.from(a).sort((x, y) => x - y); a.sort(); };',
      ),
    ],
    honest: sort(`export function sort(a) { performance.now(); ${HONEST}; }`),
  },
  {
    name: 'exit early',
    fate: 'no number',
    variants: [sort('process.exit(0); export function sort() {}'), sort('export function sort() { process.exit(0); }')],
    honest: sort(`process.on('exit', () => {}); export function sort(a) { ${HONEST}; }`),
  },
];

export const CHEATS: readonly Cheat[] = [
  ...HELLO.map((cheat) => ({ ...cheat, arena: 'hello' as const })),
  ...SORT.map((cheat) => ({ ...cheat, arena: 'sort-speed' as const })),
];
