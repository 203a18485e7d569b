/** Virtual environments beside the code: how a command uses one without its manager, and what it needs to be shown. */
import * as fs from 'node:fs';
import * as path from 'node:path';

const ENVIRONMENTS = ['.venv', 'venv', 'env'];

/** The same command by the interpreter of the environment: `uv run train.py` needs uv, a cache and the network. */
export function withoutManager(command: string, installed: readonly string[]): string {
  const environment = installed.find((entry) => ENVIRONMENTS.includes(entry));
  if (environment === undefined) return command;
  return command.replace(/^uv run (?:--\S+ )*(?:python3? )?(?=\S+\.py\b)/, `${environment}/bin/python `);
}

/**
 * Folders of interpreters that environments link to, where they lie outside of /usr: those that uv or pyenv installed.
 */
export function interpreterFolders(folder: string, installed: readonly string[]): string[] {
  return installed
    .filter((entry) => ENVIRONMENTS.includes(entry))
    .flatMap((entry) => {
      const link = path.join(folder, entry, 'bin', 'python');
      if (!fs.existsSync(link)) return [];
      const root = path.dirname(path.dirname(fs.realpathSync(link)));
      return root.startsWith('/usr') || root.startsWith(fs.realpathSync(folder)) ? [] : [root];
    });
}
