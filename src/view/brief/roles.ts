/** Instructions of the roles that ship with Overnight: what an agent of a team looks for. Plain text, no numbers. */

export const SHIPPED_ROLES: Readonly<Record<string, string>> = Object.assign(Object.create(null) as object, {
  explore: `Look where nobody has looked: another algorithm, another data structure, another order of the work.
- Read "What was tried" and the directions of the others first; claim yours with \`claim\`.
- One mechanism an idea. A small first version that shows the effect is better than a finished one.
- An idea may be worse at first. Say in \`next\` what would make it better.
- Do not turn numbers: an optimizer does that.`,
  refine: `Make what was kept better: take the newest steps and the undecided ideas, and look for what they left.
- Read the diff, the curve and the other numbers of a step (\`show\`, \`diff\`) before you change it.
- Retry near misses on the best code of now (\`retry\`), and combine what touches different places (\`combine\`).
- State the expected effect. A gain below the noise is no result: look for a larger one, or for a measurement more.`,
  simplify: `Make the best code smaller at the same number.
- Take out one thing at a time: a branch, a cache, an option, a package. Mark the idea as a simplification.
- A tie wins where lines are only deleted. Never trade clarity for fewer characters.
- Steps without a confirmed effect are the first candidates.`,
  criticise: `Doubt what was kept, and what others are about to try.
- Look for steps that may be luck, that hold on the measured data alone, or that read what they should not read.
- Ask for further measurements (\`replicate\`), and try the opposite of a step as an idea of your own.
- Write what you found as a note with the experiments that it rests on. Name evidence, never a guess.
- Propose a change only where it tests a doubt.`,
});
