/** `overnight checkout FOLDER`: a working copy of the best code, or of an experiment's, in a folder of its own. */
import * as path from 'node:path';
import { checkOut, nameFiles } from '../mcp/working-copy.ts';
import type { Invocation } from './command.ts';
import { experimentNumber, findLab, readLab } from './find.ts';
import type { CHECKOUT_OPTIONS } from './agent-options.ts';
import { printJson, printText } from './output.ts';
import { quoteWord } from './program-name.ts';

export async function main(invocation: Invocation<typeof CHECKOUT_OPTIONS>): Promise<number> {
  const folder = path.resolve(invocation.args[0]!);
  const foundLab = findLab({ ...invocation, copy: folder });
  const { state } = readLab(foundLab);
  const { of, discard, by, takeName } = invocation.options;
  const n = of === undefined ? undefined : experimentNumber(of, state.experiments.length);
  const checkedOut = await checkOut(foundLab.paths, state, {
    folder,
    of: n,
    discards: discard,
    by,
    takesName: takeName,
  });
  if (invocation.wantsJson) {
    printJson(checkedOut);
    return 0;
  }
  const { from, updated, discarded } = checkedOut;
  const what = checkedOut.n === state.incumbent ? `#${checkedOut.n}, the best so far` : `#${checkedOut.n}`;
  const submitCommand = `\`overnight submit --from ${quoteWord(invocation.args[0]!)} --hypothesis "…"\``;
  printText(
    invocation.spellCommands(
      [
        from === undefined
          ? `${folder} holds the code of ${what}. Hidden files are not in it.`
          : updated.length === 0
            ? `${folder} already has the code of ${what}.`
            : `${folder} has moved from #${from} to ${what}. Changed: ${nameFiles(updated)}.`,
        ...(discarded.length > 0 ? [`Thrown away: your changes of ${nameFiles(discarded)}.`] : []),
        `Edit its files; then ${submitCommand} proposes what differs.`,
      ].join('\n'),
      foundLab.paths.arena,
    ),
  );
  return 0;
}
