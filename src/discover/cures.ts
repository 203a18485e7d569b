/**
 * Known failures of a first try, and what cures each: a change of the manifest, or a step that a person must take. One
 * table for `overnight new`, which applies the changes, and for `overnight doctor` and `overnight run`, which print
 * them.
 */
import { type Change, describeChange } from './manifest-changes.ts';

/** What the harness saw and what it knows of the machine. */
export interface FailedTry {
  /** The reason and the last lines of output. */
  readonly text: string;
  readonly command: string;
  /** Class of the failure. */
  readonly kind: string;
  /** Where a program lies on the person's PATH. */
  readonly findProgram: (name: string) => string | undefined;
  /** True when the path exists outside of the sandbox. */
  readonly exists: (path: string) => boolean;
  readonly home: string;
  /** The arena's folder. */
  readonly folder: string;
  readonly budgetS: number;
  /** Wall seconds of the same command outside of the sandbox, where it was tried there. */
  readonly outsideS?: number;
  /** Environment variables of the person. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the manifest already has. */
  readonly manifest: ManifestState;
}

export interface ManifestState {
  readonly read: readonly string[];
  readonly home: readonly string[];
  readonly installed: readonly string[];
  readonly isWritable: boolean;
  readonly gpus: number;
}

/** Why it failed, and what to do: a change, or words for the person. */
export interface Cure {
  readonly why: string;
  readonly change?: Change;
  /** What to do, for people. */
  readonly fix: string;
}

type CureFinder = (failed: FailedTry) => Cure | undefined;

/** The first cure that fits, or undefined where the failure is not known. */
export function findCure(failed: FailedTry): Cure | undefined {
  for (const find of CURES) {
    const cure = find(failed);
    if (cure) return cure;
  }
  return undefined;
}

function changing(why: string, change: Change): Cure {
  return { why, change, fix: `set \`${describeChange(change)}\` in arena.yaml` };
}

const MISSING_PROGRAM =
  /(?:^|\s|: )([\w./~+-]+): (?:command )?not found|([\w./+-]+): No such file or directory|exec: "([\w.-]+)": executable file not found/m;

/** A tool on the person's PATH that the sandbox does not show, or an interpreter in a virtual environment. */
const missingProgram: CureFinder = (failed) => {
  const match = MISSING_PROGRAM.exec(failed.text);
  const name = match?.[1] ?? match?.[3] ?? (match?.[2] && failed.command.includes(match[2]) ? match[2] : undefined);
  if (name === undefined) return undefined;
  const entry = name.replace(/^\.\//, '').split('/')[0]!;
  if (name.includes('/') && !name.startsWith('/')) return missingEntry(failed, entry);
  const found = name.startsWith('/') ? (failed.exists(name) ? name : undefined) : failed.findProgram(name);
  if (found === undefined)
    return {
      why: `${name} is not installed on this machine, or not on your PATH`,
      fix: `install ${name}, or name it by its full path`,
    };
  const folders = foldersOfTool(found, failed).filter((folder) => !failed.manifest.read.includes(folder));
  if (folders.length === 0) return undefined;
  return changing(`${name} is ${found} on this machine, which the sandbox does not show`, {
    key: 'sandbox.read',
    add: folders,
  });
};

/** An installed folder beside the code, which git ignores and which is therefore not copied. */
function missingEntry({ exists, folder, manifest }: FailedTry, entry: string): Cure | undefined {
  if (!exists(`${folder}/${entry}`) || manifest.installed.includes(entry)) return undefined;
  return changing(
    `${entry} lies in your folder, but is not a part of the arena (git ignores it, or it is an installation)`,
    {
      key: 'sandbox.installed',
      add: [entry],
    },
  );
}

/** The folders that a tool needs beside its own program. Below the home folder only those that hold no secret. */
const TOOLCHAINS: readonly (readonly [program: RegExp, folders: readonly string[]])[] = [
  [/\/\.local\/bin\/uvx?$/, ['~/.local/bin', '~/.local/share/uv']],
  [/\/\.pyenv\//, ['~/.pyenv']],
  [/\/\.nvm\//, ['~/.nvm/versions']],
  [/\/\.cargo\//, ['~/.cargo/bin', '~/.cargo/registry', '~/.rustup']],
  [/\/\.rustup\//, ['~/.rustup']],
  [/\/go\/bin\//, ['~/go']],
  [/\/\.sdkman\//, ['~/.sdkman/candidates']],
  [/\/\.local\/share\/mise\//, ['~/.local/share/mise']],
  [/\/\.asdf\//, ['~/.asdf']],
  [/\/\.rbenv\//, ['~/.rbenv']],
  [/\/\.deno\//, ['~/.deno/bin']],
  [/\/\.bun\//, ['~/.bun/bin']],
];

function foldersOfTool(program: string, { home, exists }: FailedTry): string[] {
  const known = TOOLCHAINS.find(([pattern]) => pattern.test(program))?.[1].map((folder) => folder.replace('~', home));
  if (known) return known.filter(exists);
  const conda = /^(.*\/(?:mini|ana|micro)?(?:conda|forge|mamba)\d*)\//i.exec(program)?.[1];
  if (conda !== undefined) return [conda];
  return [program.slice(0, program.lastIndexOf('/')) || '/'];
}

/** A module that is installed beside the code. */
const missingModule: CureFinder = (failed) => {
  if (!/ERR_MODULE_NOT_FOUND|Cannot find (?:module|package)|ModuleNotFoundError|No module named/.test(failed.text))
    return undefined;
  const isNode = /ERR_MODULE_NOT_FOUND|Cannot find (?:module|package)/.test(failed.text);
  for (const entry of isNode ? ['node_modules'] : ['.venv', 'venv', 'env']) {
    const cure = missingEntry(failed, entry);
    if (!cure) continue;
    if (isNode) return cure;
    const python = failed.command.replace(/^(?:uv run (?:python3? )?|python3? )/, `${entry}/bin/python `);
    return python === failed.command
      ? cure
      : changing(`the packages are installed in ${entry}`, { key: 'run.command', value: python });
  }
  const active = failed.env['VIRTUAL_ENV'] ?? failed.env['CONDA_PREFIX'];
  if (!isNode && active !== undefined && !failed.manifest.read.includes(active))
    return changing(`your shell uses the environment ${active}, which the sandbox does not show`, {
      key: 'sandbox.read',
      add: [active],
    });
  const module = /(?:module|package|named) ['"]([^'"]+)['"]/.exec(failed.text)?.[1];
  return {
    why: `${module ?? 'a module'} is not installed where the sandbox looks`,
    fix: 'give arena.yaml a `setup` that installs it into $OVERNIGHT_DEPS, with its lockfile as `key`',
  };
};

const READ_ONLY =
  /Read-only file system|EROFS|unable to open database file|cannot (?:create|open) .*: (?:Read-only|Permission)|Could not create directory|can't create .*: Read-only/i;

/** A build that writes beside its sources, or a cache below the home folder. */
const readOnly: CureFinder = (failed) => {
  if (!READ_ONLY.test(failed.text) || failed.manifest.isWritable) return undefined;
  return changing('the program writes into its own folder, which is read-only', { key: 'run.writable', value: true });
};

/** A file of the person's home or of another place that the sandbox does not show. */
const missingPath: CureFinder = (failed) => {
  const mentioned = [...failed.text.matchAll(/(?<![\w/])(\/[\w.@+~/-]{2,})/g)].map((match) =>
    match[1]!.replace(/[.:,]+$/, ''),
  );
  const isMissing = /No such file or directory|ENOENT|does not exist|not found|FileNotFoundError|cannot open/i.test(
    failed.text,
  );
  const inside = mentioned.find((path) => isMissing && path.startsWith('/tmp/.cache/'));
  if (inside !== undefined) return homeCache(failed, inside.slice('/tmp/'.length));
  const hidden = mentioned.find(
    (path) => isMissing && !/^\/(?:usr|lib\d*|bin|sbin|tmp|proc|dev|lab)\//.test(path) && failed.exists(path),
  );
  if (hidden === undefined) return undefined;
  if (hidden.startsWith(`${failed.folder}/`))
    return missingEntry(failed, hidden.slice(failed.folder.length + 1).split('/')[0]!);
  if (isSecret(hidden))
    return {
      why: `${hidden} may hold a secret and is not shown`,
      fix: 'copy what the program needs of it to another place, and name that under `sandbox.read`',
    };
  if (failed.manifest.read.includes(hidden)) return undefined;
  return changing(`${hidden} exists on this machine, and the sandbox does not show it`, {
    key: 'sandbox.read',
    add: [hidden],
  });
};

function homeCache({ exists, home, manifest }: FailedTry, path: string): Cure | undefined {
  const folder = path.split('/').slice(0, 2).join('/');
  if (!exists(`${home}/${folder}`) || manifest.home.includes(folder)) return undefined;
  return changing(`~/${folder} exists on this machine, and the sandbox’s home is empty`, {
    key: 'sandbox.home',
    add: [folder],
  });
}

const SECRETS =
  /(?:^|\/)\.(?:ssh|gnupg|aws|azure|kube|docker|netrc|npmrc|pypirc|git-credentials)(?:\/|$)|\/(?:token|credentials?|secrets?)(?:\.\w+)?$|\.env$/i;

/** Paths that are never proposed. */
export const isSecret = (path: string): boolean => SECRETS.test(path);

/** Models and data of Hugging Face: the hub's folder, never the token beside it. */
const missingHub: CureFinder = ({ text, exists, home, manifest }) => {
  const folder = '.cache/huggingface/hub';
  if (!/LocalEntryNotFoundError|huggingface_hub|HF_HUB|on the Hub/.test(text)) return undefined;
  if (!exists(`${home}/${folder}`) || manifest.home.includes(folder)) return undefined;
  return changing('the program looks for models in the cache of Hugging Face', { key: 'sandbox.home', add: [folder] });
};

/** The programs of rustup are one that looks for its toolchains, and which is the default, below the home folder. */
const missingToolchain: CureFinder = ({ text, exists, home, manifest }) =>
  /rustup could not choose a version/.test(text) && exists(`${home}/.rustup`) && !manifest.home.includes('.rustup')
    ? changing('rustup looks for its toolchains below the home folder, which is empty in the sandbox', {
        key: 'sandbox.home',
        add: ['.rustup'],
      })
    : undefined;

const noGpu: CureFinder = ({ text, manifest }) =>
  manifest.gpus === 0 &&
  /no NVIDIA driver|no CUDA-capable device|CUDA (?:driver|error|is not available)|No HIP GPUs|libcuda/i.test(text)
    ? changing('the program wants a GPU, and the sandbox shows none', { key: 'resources.gpus', value: 1 })
    : undefined;

const noNetwork: CureFinder = ({ text }) =>
  /\bENOTFOUND\b|EAI_AGAIN|Temporary failure in name resolution|Could not resolve host|Network is unreachable|getaddrinfo|dns error/.test(
    text,
  )
    ? {
        why: 'the program wants the network, which a candidate never has',
        fix: 'fetch what it needs in `setup` or in `prepare` with `network: true`, and read it from $OVERNIGHT_DEPS or $OVERNIGHT_DATA',
      }
    : undefined;

const cutByTheClock: CureFinder = ({ kind, budgetS, outsideS }) =>
  kind === 'timeout'
    ? changing(
        `the clock of ${budgetS} s ended it before it was done${outsideS === undefined ? '' : ` (outside it took ${outsideS.toFixed(1)} s)`}`,
        {
          key: 'budget.seconds',
          value: Math.ceil(Math.max(2 * budgetS, 1.5 * (outsideS ?? 0))),
        },
      )
    : undefined;

const missingVariable: CureFinder = ({ text, env }) => {
  const name = /(?:KeyError: '|parameter |environment variable ["'`]?)([A-Z][A-Z0-9_]{2,})/.exec(text)?.[1];
  if (name === undefined || env[name] === undefined) return undefined;
  return {
    why: `$${name} is set in your shell; candidates get no variables of yours`,
    fix: `write it into the command: \`run.command: ${name}=… …\`, unless it is a secret`,
  };
};

const CURES: readonly CureFinder[] = [
  cutByTheClock,
  noGpu,
  missingHub,
  missingToolchain,
  noNetwork,
  missingModule,
  missingProgram,
  readOnly,
  missingVariable,
  missingPath,
];
