/** Completion in the real shells: what a Tab offers. A shell that is not installed here is skipped by name. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shippedNames } from '../../src/cli/shipped-arenas.ts';
import { COMMANDS } from '../../src/cli/spec.ts';
import { freshFolder, programPath } from '../fixtures/cli.ts';

const isInstalled = (shell: string): boolean => spawnSync(shell, ['--version'], { stdio: 'ignore' }).status === 0;
const run = (cwd: string, file: string, ...args: readonly string[]): string =>
  execFileSync(file, args, { cwd, env: { ...process.env, PATH: programPath(), TERM: 'dumb' } }).toString();
const words = (text: string): readonly string[] => text.split('\n').filter(Boolean).sort();

/** A folder with a lab, an empty lab and a file. */
function labFolder(): string {
  const folder = freshFolder();
  for (const tag of ['monday', 'tuesday']) {
    mkdirSync(join(folder, '.overnight', 'labs', tag), { recursive: true });
    writeFileSync(join(folder, '.overnight', 'labs', tag, 'ledger.jsonl'), '');
  }
  mkdirSync(join(folder, 'results'));
  writeFileSync(join(folder, 'other.md'), '');
  return folder;
}

/** What a shell offers for a line that ends at the cursor. */
type Offer = (line: string) => readonly string[];

const bash =
  (folder: string): Offer =>
  (line) =>
    words(
      run(
        folder,
        'bash',
        '--norc',
        '-c',
        `shopt -s extglob; compopt() { :; }; source <(overnight completion bash)
COMP_WORDS=(${line.endsWith(' ') ? `${line} ''` : line}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _overnight; printf '%s\\n' "\${COMPREPLY[@]}"`,
      ),
    );

/** Sourced by a zsh on a terminal: Ctrl-T writes what a Tab would offer into a file. */
const ZSH_SETUP = `PS1= RPS1=
unsetopt zle_bracketed_paste
autoload -Uz compinit && compinit -D -u
source <(overnight completion zsh)
offer() {
  local -a found
  compadd() { local -a each; builtin compadd -O each "$@"; found+=($each); builtin compadd "$@" }
  _main_complete
  unfunction compadd
  print -rl -- $found end-of-offer > offered
  compstate[insert]= compstate[list]=
}
zle -C offer complete-word offer
bindkey '^T' offer
`;
const ZSH_DRIVER = `zmodload zsh/zpty
rm -f offered
zpty z zsh -f -i
zpty -w z "source setup.zsh; echo rea''dy"
while zpty -r z reply; do [[ $reply == *ready* ]] && break; done
zpty -w -n z "$1"$'\\C-T'
for i in {1..300}; do grep -qs end-of-offer offered && break; sleep 0.1; done
zpty -d z
grep -v end-of-offer offered || true
`;

/** Completion of zsh works only on a terminal. */
const zsh = (folder: string): Offer => {
  writeFileSync(join(folder, 'setup.zsh'), ZSH_SETUP);
  writeFileSync(join(folder, 'driver.zsh'), ZSH_DRIVER);
  return (line) => [...new Set(words(run(folder, 'zsh', '-f', 'driver.zsh', line)))];
};

const fish =
  (folder: string): Offer =>
  (line) =>
    words(run(folder, 'fish', '--no-config', '-c', `overnight completion fish | source; complete -C '${line}'`)).map(
      (offered) => offered.split('\t')[0]!,
    );

const SHELLS = { bash, zsh, fish } as const;

for (const shell of Object.keys(SHELLS) as (keyof typeof SHELLS)[]) {
  const missing = isInstalled(shell) ? '' : ` (skipped: no ${shell} on PATH)`;
  describe.skipIf(missing)(`${shell}${missing}`, () => {
    const folder = labFolder();
    const offer = (line: string): readonly string[] => SHELLS[shell](folder)(line);

    it('offers the commands', { timeout: 60_000 }, () => {
      expect(offer('overnight ')).toEqual(expect.arrayContaining(COMMANDS.map(({ name }) => name)));
      expect(offer('overnight stat')).toEqual(['status']);
    });

    it('offers the options of a command, and only these', { timeout: 60_000 }, () => {
      const options = offer('overnight take --');
      expect(options).toEqual(expect.arrayContaining(['--branch', '--patches', '--tag', '--dir', '--json']));
      expect(options).not.toContain('--agent');
      expect(offer('overnight run --agent-c')).toEqual(['--agent-command']);
    });

    it('offers shipped arenas, labs, agents, formats, shells, files and folders', { timeout: 120_000 }, () => {
      expect(offer('overnight try ')).toEqual([...shippedNames()].sort());
      expect(shippedNames()).toEqual(expect.arrayContaining(['hello', 'nano-llm', 'sort-speed']));
      expect(offer('overnight status --tag ')).toEqual(['monday', 'tuesday']);
      expect(offer('overnight run --agent ')).toEqual(expect.arrayContaining(['claude', 'search']));
      expect(offer('overnight export --format ')).toEqual(['csv', 'jsonl', 'tsv']);
      expect(offer('overnight completion ')).toEqual(['bash', 'fish', 'zsh']);
      expect(offer('overnight run --program-b oth')).toEqual(['other.md']);
      expect(offer('overnight status -C res').map((name) => name.replace(/\/$/, ''))).toEqual(['results']);
    });
  });
}
