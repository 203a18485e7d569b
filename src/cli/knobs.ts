/**
 * `overnight knobs`: proposes knobs from the constants of the editable files, for the person to confirm. Changes
 * arena.yaml only with --write.
 */
import * as path from 'node:path';
import { parse as parseYaml } from 'yaml';
import { LabError } from '../base/error.ts';
import { count } from '../base/text.ts';
import { type Knob, parseArena } from '../core/arena.ts';
import { readText, writeAtomic } from '../os/files.ts';
import { type Constant, type LeftOut, scanConstants } from '../knobs/constants.ts';
import { addKnobs, knobLine } from '../knobs/manifest.ts';
import { suggestKnob } from '../knobs/ranges.ts';
import { type LoadedArena, loadArena, MANIFEST } from '../workspace/arena.ts';
import { print, printJson } from './output.ts';
import type { Call } from './spec.ts';

interface Proposed {
  readonly knob: Knob;
  readonly constant: Constant;
  readonly why: string;
}

interface Proposals {
  readonly proposed: readonly Proposed[];
  readonly declared: readonly Knob[];
  readonly leftOut: readonly LeftOut[];
  readonly unread: readonly { readonly file: string; readonly problem: string }[];
}

export async function main(call: Call): Promise<number> {
  const loaded = await loadArena(call.folder);
  const all = propose(loaded);
  const found = { ...all, proposed: chosen(all.proposed, call.options.only) };
  const file = path.join(call.folder, MANIFEST);
  const write = call.options.write === true && found.proposed.length > 0;
  if (write) save(file, found.proposed);
  if (call.json) {
    const proposed = found.proposed.map(({ knob, constant, why }) => ({
      ...knob,
      now: constant.value,
      line: constant.line,
      why,
    }));
    printJson({ ...found, proposed, written: write ? file : null });
  } else print(textOf(found, write ? file : undefined));
  return 0;
}

function propose({ arena, editable }: LoadedArena): Proposals {
  const declared = new Set(arena.knobs.map((knob) => `${knob.file}:${knob.name}`));
  const proposed: Proposed[] = [];
  const leftOut: LeftOut[] = [];
  const unread: { file: string; problem: string }[] = [];
  for (const [file, source] of editable) {
    const { constants, leftOut: others, problem } = scanConstants(file, source);
    if (problem !== undefined) unread.push({ file, problem });
    leftOut.push(...others);
    for (const constant of constants) {
      if (declared.has(`${file}:${constant.name}`)) continue;
      const suggestion = suggestKnob(constant);
      if (suggestion.ok) proposed.push({ knob: suggestion.knob, constant, why: suggestion.why });
      else leftOut.push({ name: constant.name, file, line: constant.line, reason: suggestion.reason });
    }
  }
  return { proposed, declared: arena.knobs, leftOut, unread };
}

/** `--only A,B`: these and no others. A name that was not found is a mistake of the caller. */
function chosen(proposed: readonly Proposed[], only: string | boolean | undefined): readonly Proposed[] {
  if (typeof only !== 'string') return proposed;
  const names = only
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const missing = names.filter((name) => !proposed.some(({ knob }) => knob.name === name));
  if (missing.length > 0)
    throw new LabError('E_USAGE', {
      what: 'These knobs are not among the proposals.',
      why: `${missing.join(', ')} not in ${proposed.map(({ knob }) => knob.name).join(', ') || 'an empty list'}.`,
      next: 'Look at `overnight knobs`; declare anything else in arena.yaml by hand.',
    });
  return proposed.filter(({ knob }) => names.includes(knob.name));
}

function save(file: string, proposed: readonly Proposed[]): void {
  const text = addKnobs(
    readText(file)!,
    proposed.map(({ knob }) => knob),
  );
  const parsed = parseArena(parseYaml(text));
  if ('problems' in parsed)
    throw new LabError('E_MANIFEST', {
      what: 'The manifest would not validate with these knobs.',
      why: `${parsed.problems.map(({ at, message }) => `${at}: ${message}`).join('; ')}.`,
      next: 'Nothing was written: choose others with --only, or declare them by hand.',
    });
  writeAtomic(file, text);
}

function textOf({ proposed, declared, leftOut, unread }: Proposals, written: string | undefined): string {
  const lines = proposed.flatMap(({ knob, constant, why }) => [
    `  - ${knobLine(knob)}`,
    `      # ${constant.file}:${constant.line}, now ${constant.literal}; ${why}`,
  ]);
  if (lines.length > 0) lines.unshift('knobs:');
  const other = [
    ...leftOut.map(({ name, file, line, reason }) => `${file}:${line} ${name}: ${reason}`),
    ...unread.map(({ file, problem }) => `${file}: ${problem}`),
  ];
  if (other.length > 0) lines.push('', 'Left out:', ...other.map((line) => `  ${line}`));
  const tally = `${count(proposed.length, 'knob')} ${written ? 'written' : 'proposed'}, ${declared.length} declared already, ${other.length} left out.`;
  const next = written
    ? `${written} has them now: look at every range before a night.`
    : proposed.length > 0
      ? 'Nothing was written. `overnight knobs --write` adds all to arena.yaml, `--only A,B` some; the ranges are guesses for you to confirm.'
      : 'Nothing to add.';
  return [...lines, ...(lines.length > 0 ? [''] : []), tally, next].join('\n');
}
