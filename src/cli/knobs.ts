/**
 * `overnight knobs`: proposes knobs from the constants of the editable files, for the person to confirm. Changes
 * arena.yaml only with --write.
 */
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { formatCount } from '../base/text.ts';
import type { Knob } from '../core/arena.ts';
import { readText } from '../os/files.ts';
import { type Constant, type SkippedConstant, scanConstants } from '../knobs/constants.ts';
import { addKnobs, formatKnobLine } from '../knobs/manifest.ts';
import { suggestKnob } from '../knobs/ranges.ts';
import { type LoadedArena, loadArena, MANIFEST_FILE } from '../workspace/arena.ts';
import { printText, printJson } from './output.ts';
import type { Invocation } from './command.ts';
import type { KNOBS_OPTIONS } from './options.ts';
import { saveManifest } from './save-manifest.ts';

interface ProposedKnob {
  readonly knob: Knob;
  readonly constant: Constant;
  readonly why: string;
}

interface KnobProposals {
  readonly proposed: readonly ProposedKnob[];
  readonly declared: readonly Knob[];
  readonly leftOut: readonly SkippedConstant[];
  readonly unread: readonly { readonly file: string; readonly problem: string }[];
}

export async function main(invocation: Invocation<typeof KNOBS_OPTIONS>): Promise<number> {
  const loadedArena = await loadArena(invocation.folder);
  const proposals = proposeKnobs(loadedArena);
  const selection = { ...proposals, proposed: chooseProposed(proposals.proposed, invocation.options.only) };
  const manifestFile = path.join(invocation.folder, MANIFEST_FILE);
  const shouldWrite = invocation.options.write && selection.proposed.length > 0;
  if (shouldWrite) {
    const wanted = selection.proposed.map(({ knob }) => knob);
    saveManifest(manifestFile, addKnobs(readText(manifestFile)!, wanted), 'these knobs');
  }
  if (invocation.wantsJson) {
    const proposedKnobs = selection.proposed.map(({ knob, constant, why }) => ({
      ...knob,
      now: constant.value,
      line: constant.line,
      why,
    }));
    printJson({ ...selection, proposed: proposedKnobs, written: shouldWrite ? manifestFile : null });
  } else printText(invocation.spellCommands(describeProposals(selection, shouldWrite ? manifestFile : undefined)));
  return 0;
}

function proposeKnobs({ arena, editable }: LoadedArena): KnobProposals {
  const declaredNames = new Set(arena.knobs.map((knob) => `${knob.file}:${knob.name}`));
  const proposed: ProposedKnob[] = [];
  const leftOut: SkippedConstant[] = [];
  const unread: { file: string; problem: string }[] = [];
  for (const [file, sourceText] of editable) {
    const { constants, leftOut: skipped, problem } = scanConstants(file, sourceText);
    if (problem !== undefined) unread.push({ file, problem });
    leftOut.push(...skipped);
    for (const constant of constants) {
      if (declaredNames.has(`${file}:${constant.name}`)) continue;
      const suggestion = suggestKnob(constant);
      if (suggestion.ok) proposed.push({ knob: suggestion.knob, constant, why: suggestion.why });
      else leftOut.push({ name: constant.name, file, line: constant.line, reason: suggestion.reason });
    }
  }
  return { proposed, declared: arena.knobs, leftOut, unread };
}

/** `--only A,B`: only these. A name without a proposal is E_USAGE. */
function chooseProposed(
  proposed: readonly ProposedKnob[],
  onlyNames: readonly string[] | undefined,
): readonly ProposedKnob[] {
  if (onlyNames === undefined) return proposed;
  const wantedNames = onlyNames.filter((knobName) => knobName !== '');
  const missingNames = wantedNames.filter((knobName) => !proposed.some(({ knob }) => knob.name === knobName));
  if (missingNames.length > 0)
    throw new LabError('E_USAGE', {
      what: 'These knobs are not among the proposals.',
      why: `There is no proposal ${missingNames.join(', ')}; there are ${proposed.map(({ knob }) => knob.name).join(', ') || 'none'}.`,
      next: '`overnight knobs` lists the proposals; declare other knobs in arena.yaml by hand.',
    });
  return proposed.filter(({ knob }) => wantedNames.includes(knob.name));
}

function describeProposals(
  { proposed, declared, leftOut, unread }: KnobProposals,
  writtenFile: string | undefined,
): string {
  const knobLines = proposed.flatMap(({ knob, constant, why }) => [
    `  - ${formatKnobLine(knob)}`,
    `      # ${constant.file}:${constant.line}, now ${constant.literal}; ${why}`,
  ]);
  if (knobLines.length > 0) knobLines.unshift('knobs:');
  const leftOutLines = [
    ...leftOut.map(({ name, file, line, reason }) => `${file}:${line} ${name}: ${reason}`),
    ...unread.map(({ file, problem }) => `${file}: ${problem}`),
  ];
  if (leftOutLines.length > 0) knobLines.push('', 'Left out:', ...leftOutLines.map((line) => `  ${line}`));
  const summary = `${formatCount(proposed.length, 'knob')} ${writtenFile ? 'written' : 'proposed'}, ${declared.length} declared already, ${leftOutLines.length} left out.`;
  const nextStep = writtenFile
    ? `${writtenFile} has them now. Check every range before a run.`
    : proposed.length > 0
      ? 'Nothing was written. `overnight knobs --write` adds all of them to arena.yaml, `--only A,B` some. The ranges are guesses: check them.'
      : 'Nothing to add.';
  return [...knobLines, ...(knobLines.length > 0 ? [''] : []), summary, nextStep].join('\n');
}
