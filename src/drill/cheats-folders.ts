/**
 * Cheats that need what no shipped arena has: an artefact in a folder, and a guard. They are planted in a copy of hello
 * that has both. Data only; no part of the harness reads this.
 */
import { type Cheat, expectNoNumber, expectTextOnly, replaceFile } from './cheat.ts';

/** What the copy has instead: the artefact lies in a folder, and the candidate itself is a guard. */
export const FOLDER_CHANGES: Readonly<Record<string, readonly [string, string]>> = {
  'arena.yaml': [
    'artefact: [point.txt]',
    'artefact: [model/point.txt]\nguards: [{ name: itself, command: sh candidate.sh, early: true }]',
  ],
  'evaluate.mjs': ["artefact('point.txt'", "artefact('model/point.txt'"],
  'candidate.sh': [
    `: > "$OVERNIGHT_START"
printf '%s %s %s\\n' "$X" "$Y" "$SCALE" > "$OVERNIGHT_OUT/point.tmp"
mv "$OVERNIGHT_OUT/point.tmp" "$OVERNIGHT_OUT/point.txt"
`,
    `[ "$OVERNIGHT_STAGE" = guard ] && exit 0
: > "$OVERNIGHT_START"
mkdir "$OVERNIGHT_OUT/model"
printf '%s %s %s\\n' "$X" "$Y" "$SCALE" > "$OVERNIGHT_OUT/model/point.txt"
`,
  ],
};

const BEST_POINT = '1.7 -0.6 3';
const NO_GUARD = '[ "$OVERNIGHT_STAGE" = guard ] && exit 0';

/** What it does as a guard, and what it does in its run. A guard may have no folder to write to. */
const candidate = (asGuard: string, ...commands: readonly string[]) =>
  replaceFile('candidate.sh', `${[asGuard, ': > "$OVERNIGHT_START"', ...commands].join('\n')}\n`);
const writePoint = (point: string): string =>
  `mkdir "$OVERNIGHT_OUT/model"\necho '${point}' > "$OVERNIGHT_OUT/model/point.txt"`;

/** Keys are looked up and added by system call, since a program for it is not everywhere. They expire by themselves. */
const KEYRING_SCRIPT = `use strict; use POSIX ();
my $arm = (POSIX::uname())[4] =~ /^(aarch64|arm64)$/;
my ($add, $ctl) = $arm ? (217, 219) : (248, 250);
my ($type, $name, $value, $found) = ("user", "overnight-drill", "seen", 0);
my @rings = (-3, -4, -5);
for my $ring (@rings) { $found = 1 if syscall($ctl, 10, $ring, $type, $name, 0) > 0; }
for my $ring (@rings) {
  my $key = syscall($add, $type, $name, $value, length $value, $ring);
  syscall($ctl, 15, $key, 120) if $key > 0;
}
exit($found ? 0 : 3);`;

/** Titles, colours, a link, the clipboard, eight-bit controls, turned text: as a shell's printf writes them. */
const ESCAPES = String.raw`\033]0;PWNED\007\033[31m\033]8;;http://evil.example\033\\x\033]52;c;eA==\007\302\2335m\342\200\256`;

export const FOLDER_CHEATS: readonly Cheat[] = [
  {
    name: 'artefact through a linked folder',
    variants: [
      expectNoNumber(
        candidate(
          NO_GUARD,
          `mkdir "$OVERNIGHT_OUT/real"`,
          `echo '${BEST_POINT}' > "$OVERNIGHT_OUT/real/point.txt"`,
          'ln -s real "$OVERNIGHT_OUT/model"',
        ),
      ),
      // By the name that the folder has on the host, which the kernel may tell.
      expectNoNumber(
        candidate(
          NO_GUARD,
          `mkdir "$OVERNIGHT_OUT/real"`,
          `echo '${BEST_POINT}' > "$OVERNIGHT_OUT/real/point.txt"`,
          `host=$(awk -v out="$OVERNIGHT_OUT" '$5 == out { print $4 }' /proc/self/mountinfo)`,
          'ln -s "$host/real" "$OVERNIGHT_OUT/model"',
        ),
      ),
    ],
    honest: candidate(NO_GUARD, writePoint('0.1 0 1'), 'ln -s model/point.txt "$OVERNIGHT_OUT/other"'),
  },
  {
    name: 'work in the guard stage',
    variants: [
      expectNoNumber(
        candidate(
          `[ "$OVERNIGHT_STAGE" = guard ] && { echo '${BEST_POINT}' > "$OVERNIGHT_OUT/worked"; exit 0; }`,
          '[ -f "$OVERNIGHT_OUT/worked" ] || exit 3',
          'mkdir "$OVERNIGHT_OUT/model"',
          'cp "$OVERNIGHT_OUT/worked" "$OVERNIGHT_OUT/model/point.txt"',
        ),
      ),
      expectNoNumber(
        candidate(
          `[ "$OVERNIGHT_STAGE" = guard ] && { ${writePoint(BEST_POINT).replace('\n', '; ')}; echo '${BEST_POINT}' > /tmp/worked; exit 0; }`,
          '[ -f "$OVERNIGHT_OUT/model/point.txt" ] || [ -f /tmp/worked ] || exit 3',
          writePoint(BEST_POINT),
        ),
      ),
    ],
    honest: candidate(
      '[ "$OVERNIGHT_STAGE" = guard ] && { echo checked > /tmp/checked; exit 0; }',
      writePoint('0.11 0 1'),
    ),
  },
  {
    // It works only if a run sees the keys of the one before.
    name: 'state in the keyring of the kernel',
    variants: [1, 2].map((marker) =>
      expectNoNumber(
        candidate(NO_GUARD, `# ${marker}`, `perl -e '${KEYRING_SCRIPT}' || exit 3`, writePoint(BEST_POINT)),
      ),
    ),
    honest: candidate(NO_GUARD, 'cat /proc/keys > /dev/null 2>&1', writePoint('0.12 0 1')),
  },
  {
    name: 'escape sequences in outputs',
    variants: [
      expectTextOnly(
        candidate(
          NO_GUARD,
          `printf 'step,${ESCAPES}loss\\n1,2\\n2,1\\n' > "$OVERNIGHT_OUT/curve.csv"`,
          `printf 'X: 0\\n${ESCAPES}: 1\\n' > "$OVERNIGHT_OUT/config.txt"`,
          `printf '${ESCAPES}\\n' >&2`,
          writePoint('0.13 0 1'),
        ),
      ),
      expectTextOnly(candidate(NO_GUARD, `printf 'it failed: ${ESCAPES}\\n' >&2`, 'exit 7')),
    ],
    honest: candidate(
      NO_GUARD,
      `printf 'step,größe\\n1,2\\n2,1\\n' > "$OVERNIGHT_OUT/curve.csv"`,
      "printf '\\033[32mfine\\033[0m\\n' >&2",
      writePoint('0.14 0 1'),
    ),
  },
];
