/** `overnight take`: the kept stack onto the person's own repository, only when asked, only as something new. */
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { count } from '../base/text.ts';
import { codeOf, type LabState, lineage } from '../core/state.ts';
import { type Step, takeBranch, takePatches } from '../workspace/take.ts';
import { experimentNumber, findLab, readLab } from './find.ts';
import { print, printJson } from './output.ts';
import type { Call } from './spec.ts';

export async function main(call: Call): Promise<number> {
  const found = findLab(call);
  const { state } = readLab(found);
  const { branch, patches, confirmed, experiment } = call.options;
  const named = experiment === undefined ? undefined : experimentNumber(String(experiment), state.experiments.length);
  if ((branch === undefined) === (patches === undefined)) {
    throw new LabError('E_USAGE', {
      what: 'Say how to take it.',
      why:
        branch === undefined ? 'Neither --branch nor --patches was given.' : 'Both --branch and --patches were given.',
      next: 'Give one: `overnight take --branch overnight-result`, or `--patches folder`.',
    });
  }
  if (named !== undefined && !codeOf(state, named))
    throw new LabError('E_NOT_FOUND', {
      what: `#${named} cannot be taken.`,
      why: 'It was refused, so it has no code.',
      next: '`overnight log` lists the experiments.',
    });
  const steps = stepsOf(state, named ?? (confirmed === true ? state.champion : state.incumbent));
  if (steps.length === 0) {
    throw new LabError('E_NOT_FOUND', {
      what: 'There is nothing to take.',
      why: confirmed === true ? 'No kept change was confirmed.' : 'No change was kept.',
      next: confirmed === true ? 'Without --confirmed, unconfirmed ones are taken too.' : 'Let it run longer.',
    });
  }
  const baseline = codeOf(state, 0)!.commit;
  const source = state.lab!.source;
  if (patches !== undefined) {
    const files = await takePatches(
      found.paths.store,
      source.subfolder ?? '',
      baseline,
      steps,
      path.resolve(String(patches)),
    );
    if (call.json) printJson({ patches: files });
    else
      print(
        `${count(files.length, 'patch', 'patches')} in ${path.resolve(String(patches))}. Apply them in your repository with \`git am ${String(patches)}/*.patch\`.`,
      );
    return 0;
  }
  if (!source.commit)
    throw new LabError('E_USAGE', {
      what: 'There is no commit to start a branch from.',
      why: 'This lab was opened outside a git repository.',
      next: 'Use --patches FOLDER instead.',
    });
  const taken = await takeBranch(found.paths.arena, found.paths.store, baseline, source.commit, steps, String(branch));
  if (call.json) printJson({ branch, ...taken });
  else {
    print(
      `Branch ${branch}: ${count(taken.commits, 'commit')} on ${source.commit.slice(0, 12)}${taken.startsWithUncommitted ? ', the first with what was not committed then' : ''}. Your checkout is untouched.`,
    );
    print(`See it with \`git log -p ${source.commit.slice(0, 12)}..${branch}\`.`);
  }
  return 0;
}

/** One commit per kept experiment, with the evidence in its message. */
function stepsOf(state: LabState, tip: number): Step[] {
  return lineage(state, tip)
    .slice(1)
    .map((n) => {
      const x = state.experiments[n]!;
      const decision = x.state === 'decided' ? x.decision : undefined;
      const confirmation = state.confirmations.filter((c) => c.n === n).at(-1);
      const unit = state.lab!.arena.metric.name;
      const lines = [
        x.idea.hypothesis,
        '',
        `Experiment #${n} of lab ${state.lab!.tag}, proposed by ${x.idea.proposer}.`,
        ...(decision ? [`Verdict: ${decision.verdict} (${decision.rule}): ${decision.reason}`] : []),
        confirmation
          ? `Confirmation: ${confirmation.passed ? 'passed' : 'not passed'}: ${confirmation.reason}`
          : 'Confirmation: not tested on its own',
        `Metric: ${unit}`,
        '',
      ];
      return { commit: codeOf(state, n)!.commit, message: lines.join('\n') };
    });
}
