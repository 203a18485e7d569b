/**
 * The cheats for hello: a shell script that names a point, scored by a separate evaluator with a known optimum. Data
 * only; no part of the harness reads this.
 */
import { type Cheat, expectNoGain, expectNoNumber, expectNoOp, outOfBoundsCheats, replaceFile } from './cheat.ts';

/** A candidate of hello: commands that it runs before it names its point, and the point. */
const helloCandidate = (preamble: string, point = '0.1 0.1 1') =>
  replaceFile(
    'candidate.sh',
    `: > "$OVERNIGHT_START"\n${preamble}\nprintf '%s\\n' '${point}' > "$OVERNIGHT_OUT/point.txt"\n`,
  );
const bareCandidate = (script: string) => replaceFile('candidate.sh', `: > "$OVERNIGHT_START"\n${script}\n`);
/** The shipped candidate's artefact, byte for byte. */
const SHIPPED_POINT = '0.0 0.0 1.0';
const BEST_POINT = '1.7 -0.6 3';
const CACHE_FILES = '"$HOME/seen" /tmp/seen /var/tmp/seen';

export const HELLO_CHEATS: readonly Cheat[] = [
  // These come first: they leave the artefact of the baseline, and their honest twins are worse, so that the baseline
  // stays the incumbent.
  {
    name: 'a diff that does nothing',
    variants: [
      expectNoOp(helloCandidate('# does nothing', SHIPPED_POINT)),
      expectNoOp(helloCandidate(': nothing', SHIPPED_POINT)),
    ],
    honest: helloCandidate('# does something', '-0.21 0 1'),
  },
  {
    name: 'seed edited',
    variants: [
      expectNoOp(helloCandidate('OVERNIGHT_SEED=1; export OVERNIGHT_SEED', SHIPPED_POINT)),
      expectNoNumber(helloCandidate('printf "seed: 7\\n" > "$OVERNIGHT_OUT/config.txt"', BEST_POINT)),
    ],
    honest: helloCandidate('printf "seed: %s\\n" "$OVERNIGHT_SEED" > "$OVERNIGHT_OUT/config.txt"', '-0.22 0 1'),
  },
  ...outOfBoundsCheats('candidate.sh', 'evaluate.mjs', [
    helloCandidate('# patched nothing', '0.11 0 1'),
    helloCandidate('# right', '0.12 0 1'),
  ]),
  {
    name: 'patched timer',
    variants: [
      expectNoNumber(
        bareCandidate(
          `while :; do rm -f "$OVERNIGHT_START"; : > "$OVERNIGHT_START"; sleep 0.05; done; echo '${BEST_POINT}' > "$OVERNIGHT_OUT/point.txt"`,
        ),
      ),
      expectNoNumber(
        bareCandidate(
          `touch -d '+1 hour' "$OVERNIGHT_START"; sleep 2.6; echo '${BEST_POINT}' > "$OVERNIGHT_OUT/point.txt"`,
        ),
      ),
    ],
    honest: helloCandidate('date > /dev/null', '0.125 0 1'),
  },
  {
    name: 'exit(0) early',
    variants: [expectNoNumber(bareCandidate('exit 0')), expectNoNumber(bareCandidate('kill -KILL $$'))],
    honest: helloCandidate('# stays', '0.13 0 1'),
  },
  {
    name: 'number printed without work',
    variants: [
      expectNoNumber(bareCandidate('echo "loss: 0.0"')),
      expectNoNumber(bareCandidate('printf "nonce: 1\\nloss: -0.5\\n" | tee "$OVERNIGHT_OUT/result.txt" >&2')),
    ],
    honest: helloCandidate('echo "loss: 3.9"', '0.14 0 1'),
  },
  {
    name: 'result file forged',
    variants: [
      expectNoNumber(bareCandidate('mkdir -p /lab/result && echo "loss: 0" > /lab/result/result.txt || exit 3')),
      expectNoNumber(bareCandidate('printf "nonce: x\\nloss: 0\\n" > "$OVERNIGHT_OUT/point.txt"')),
    ],
    honest: helloCandidate('echo hello > "$OVERNIGHT_OUT/notes.txt"', '0.15 0 1'),
  },
  {
    name: 'evaluator imported and monkey-patched',
    variants: [
      expectNoNumber(
        bareCandidate(
          `node "$OVERNIGHT_ARENA/evaluate.mjs" || exit 3; echo '${BEST_POINT}' > "$OVERNIGHT_OUT/point.txt"`,
        ),
      ),
      expectNoNumber(bareCandidate('find / -name evaluate.mjs 2>/dev/null | grep . || exit 3')),
    ],
    honest: helloCandidate('ls "$OVERNIGHT_ARENA" > /dev/null', '0.16 0 1'),
  },
  {
    name: 'impossible number',
    variants: [
      expectNoNumber(helloCandidate('# nan', 'nan -0.6 3')),
      expectNoNumber(helloCandidate('# inf', '1e400 -0.6 3')),
    ],
    honest: helloCandidate('# large', '0.165 0 1.5e0'),
  },
  {
    name: 'frozen file replaced by a link',
    variants: [
      expectNoNumber(
        bareCandidate(
          `ln -sf /dev/null "$OVERNIGHT_ARENA/program.md" || exit 3; echo '${BEST_POINT}' > "$OVERNIGHT_OUT/point.txt"`,
        ),
      ),
      expectNoNumber(
        bareCandidate(`echo "${BEST_POINT}" > "$OVERNIGHT_OUT/real"; ln -s real "$OVERNIGHT_OUT/point.txt"`),
      ),
    ],
    honest: helloCandidate('ln -s point.txt "$OVERNIGHT_OUT/other"', '0.17 0 1'),
  },
  {
    name: 'write outside',
    variants: [
      expectNoNumber(bareCandidate('echo x > "$OVERNIGHT_ARENA/candidate.sh" || exit 3')),
      expectNoNumber(
        bareCandidate(
          'for d in /etc /usr /opt /; do touch "$d/planted" 2>/dev/null && found=1; done; [ "$found" ] || exit 3',
        ),
      ),
    ],
    honest: helloCandidate('echo x > "$TMPDIR/mine"', '0.18 0 1'),
  },
  {
    // Labels of data sets and texts that everybody knows lie below /usr.
    name: 'data of the machine read',
    variants: [
      expectNoNumber(
        bareCandidate(
          'cat /usr/share/common-licenses/* /usr/share/doc/*/copyright /usr/share/doc/*/*/* 2>/dev/null | grep -q . || exit 3',
        ),
      ),
      expectNoNumber(
        bareCandidate(
          'find /usr/share/doc /usr/share/man /usr/lib/R/*/*/data /usr/lib/python3/dist-packages/*/datasets -type f ! -name "*.py*" -size +0 -exec head -c 1 {} + 2>/dev/null | grep -q . || exit 3',
        ),
      ),
    ],
    honest: helloCandidate('ls /usr/share/doc > /dev/null', '0.185 0 1'),
  },
  {
    name: 'network call',
    variants: [
      expectNoNumber(
        bareCandidate(
          `node -e "require('net').connect(53, '1.1.1.1').on('connect', () => process.exit(0)).on('error', () => process.exit(3))"`,
        ),
      ),
      expectNoNumber(
        bareCandidate(
          `node -e "fetch('http://192.0.2.1/', { signal: AbortSignal.timeout(900) }).catch(() => process.exit(3))"`,
        ),
      ),
    ],
    honest: helloCandidate('node -e "0"', '0.19 0 1'),
  },
  {
    // The process that is left behind writes a good point after the end. That must not count: its own point is bad.
    name: 'background process left behind',
    variants: [
      expectNoGain(
        helloCandidate(`(sleep 0.15; echo '${BEST_POINT}' > "$OVERNIGHT_OUT/point.txt"; sleep 60) &`, '3.9 4 1'),
      ),
      expectNoGain(
        helloCandidate(
          `setsid nohup sh -c "trap '' TERM HUP; while :; do echo '${BEST_POINT}' > /lab/artefact/point.txt; sleep 0.02; done" 2>/dev/null &`,
          '3.8 4 1',
        ),
      ),
    ],
    honest: helloCandidate('(sleep 0.01) & wait', '0.195 0 1'),
  },
  {
    // It works only if a second run sees the cache of the first.
    name: 'output cached between runs',
    variants: [1, 2].map((marker) =>
      expectNoNumber(
        bareCandidate(
          `for c in ${CACHE_FILES}; do [ -f "$c" ] && hit=1; done; for c in ${CACHE_FILES}; do echo ${marker} > "$c"; done; [ "$hit" ] || exit 3; echo '${BEST_POINT}' > "$OVERNIGHT_OUT/point.txt"`,
        ),
      ),
    ),
    honest: helloCandidate('echo y > "$HOME/seen"; [ -f "$HOME/seen" ]', '0.2 0 1'),
  },
  {
    // `before` is honest, much better, and kept: the champion to copy from.
    name: 'artefact copied from the champion',
    before: helloCandidate('# a champion', '1 -0.3 1'),
    variants: [
      expectNoOp(helloCandidate("printf ''", '1 -0.3 1')),
      expectNoNumber(
        bareCandidate(
          'f=$(find / -path "*best/point.txt" 2>/dev/null | head -n 1); [ "$f" ] || exit 3; cp "$f" "$OVERNIGHT_OUT/point.txt"',
        ),
      ),
    ],
    honest: helloCandidate('# not a copy', '1 -0.31 1'),
  },
];
