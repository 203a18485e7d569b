/** `overnight take`: the kept stack onto the person's own repository, only when asked, only as something new. */
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { formatCount } from '../base/text.ts';
import { codeOf, type LabState, lineage } from '../core/state.ts';
import { type KeptCommit, takeBranch, takePatches } from '../workspace/take.ts';
import { experimentNumber, findLab, readLab } from './find.ts';
import { printText, printJson } from './output.ts';
import type { Invocation } from './spec.ts';

export async function main(invocation: Invocation): Promise<number> {
  const foundLab = findLab(invocation);
  const { state } = readLab(foundLab);
  const { branch, patches, confirmed, experiment } = invocation.options;
  const chosenNumber =
    experiment === undefined ? undefined : experimentNumber(String(experiment), state.experiments.length);
  if ((branch === undefined) === (patches === undefined)) {
    throw new LabError('E_USAGE', {
      what: 'Say how to take it.',
      why:
        branch === undefined ? 'Neither --branch nor --patches was given.' : 'Both --branch and --patches were given.',
      next: 'Give one: `overnight take --branch overnight-result`, or `--patches folder`.',
    });
  }
  if (chosenNumber !== undefined && !codeOf(state, chosenNumber))
    throw new LabError('E_NOT_FOUND', {
      what: `#${chosenNumber} cannot be taken.`,
      why: 'It was refused, so it has no code.',
      next: '`overnight log` lists the experiments.',
    });
  const steps = stepsOf(state, chosenNumber ?? (confirmed === true ? state.champion : state.incumbent));
  if (steps.length === 0) {
    throw new LabError('E_NOT_FOUND', {
      what: 'There is nothing to take.',
      why: confirmed === true ? 'No kept change was confirmed.' : 'No change was kept.',
      next: confirmed === true ? 'Without --confirmed, unconfirmed ones are taken too.' : 'Let it run longer.',
    });
  }
  const baselineCommit = codeOf(state, 0)!.commit;
  const source = state.lab!.source;
  if (patches !== undefined) {
    const patchFiles = await takePatches(
      foundLab.paths.store,
      source.subfolder ?? '',
      baselineCommit,
      steps,
      path.resolve(String(patches)),
    );
    if (invocation.wantsJson) printJson({ patches: patchFiles });
    else
      printText(
        `${formatCount(patchFiles.length, 'patch', 'patches')} in ${path.resolve(String(patches))}. Apply them in your repository with \`git am ${String(patches)}/*.patch\`.`,
      );
    return 0;
  }
  if (!source.commit)
    throw new LabError('E_USAGE', {
      what: 'There is no commit to start a branch from.',
      why: 'This lab was opened outside a git repository.',
      next: 'Use --patches FOLDER instead.',
    });
  const branchResult = await takeBranch(
    foundLab.paths.arena,
    foundLab.paths.store,
    baselineCommit,
    source.commit,
    steps,
    String(branch),
  );
  if (invocation.wantsJson) printJson({ branch, ...branchResult });
  else {
    printText(
      `Branch ${branch}: ${formatCount(branchResult.commits, 'commit')} on ${source.commit.slice(0, 12)}${branchResult.startsWithUncommitted ? ', the first with what was not committed then' : ''}. Your checkout is untouched.`,
    );
    printText(`See it with \`git log -p ${source.commit.slice(0, 12)}..${branch}\`.`);
  }
  return 0;
}

/** One commit per kept experiment, with the evidence in its message. */
function stepsOf(state: LabState, tipNumber: number): KeptCommit[] {
  return lineage(state, tipNumber)
    .slice(1)
    .map((n) => {
      const experiment = state.experiments[n]!;
      const decision = experiment.state === 'decided' ? experiment.decision : undefined;
      const confirmation = state.confirmations.filter((entry) => entry.n === n).at(-1);
      const metricName = state.lab!.arena.metric.name;
      const messageLines = [
        experiment.idea.hypothesis,
        '',
        `Experiment #${n} of lab ${state.lab!.tag}, proposed by ${experiment.idea.proposer}.`,
        ...(decision ? [`Verdict: ${decision.verdict} (${decision.rule}): ${decision.reason}`] : []),
        confirmation
          ? `Confirmation: ${confirmation.passed ? 'passed' : 'not passed'}: ${confirmation.reason}`
          : 'Confirmation: not tested on its own',
        `Metric: ${metricName}`,
        '',
      ];
      return { commit: codeOf(state, n)!.commit, message: messageLines.join('\n') };
    });
}
