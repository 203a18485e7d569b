/**
 * The page of instructions that `new` writes for proposers. What the manifest says (files, seconds, memory) is not in
 * it, because the manifest may change later, and the brief takes it from there.
 */
import type { Arena } from '../core/arena.ts';

export function programText(arena: Arena): string {
  const { metric, evaluate } = arena;
  const directionText = metric.direction === 'minimize' ? 'lower is better' : 'higher is better';
  const evaluatorText = evaluate
    ? 'It is made by an evaluator process that you cannot reach, from frozen files.'
    : `It is the line \`${metric.name}: NUMBER\` that the candidate prints. Printing another number than the one that was measured is not an idea.`;
  return `# ${arena.name}: the protocol

You improve one number: \`${metric.name}\`, ${directionText}. ${evaluatorText}

## Notes of the person
(Write here what you know about the problem: what you tried by hand, what probably does not work, what must not get worse.)

## Scope
- What may change and how long one run is, the brief says, from arena.yaml. Everything else is frozen; a change outside is refused before it runs.
- No network, no new packages, no files of the machine outside the arena.

## What better means
- The harness repeats the unchanged code first and knows the noise. A difference inside the noise proves nothing.
- Seeds belong to the harness. A lucky seed is not an improvement.
- One idea per experiment. Say what you expect, and by how much, before you change anything.

## Keep policy
- A change that measures better by a small margin, even inside the noise, is a step: the next ideas start from it. The longer the best code
  stands, the smaller the margin. Everything else is dropped. "Better" is claimed only after fresh measurements that played no part in choosing the change.
- All else equal, less code wins. A change of more than twenty added lines needs twice the margin; deleting code for an equal result is a win.

## Crashes
- A crash, a missing or an implausible number is a failed experiment, never a zero. You see the last lines of the output and may try a repair;
  if the idea itself does not work, drop it and go on.

## Autonomy
- Do not ask, do not wait, do not stop: propose. Having no idea is a legal answer; say so instead of repeating an old one.
- Read what was tried before. An idea that failed on an earlier version may be tried again when the code has changed much.
`;
}
