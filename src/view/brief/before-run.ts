/** What an agent can know before anything is measured: the goal, what may change, the person's page. Pure. */
import { oneLine } from '../../base/text.ts';
import { findKnob } from '../../core/admission/knobs.ts';
import type { Arena } from '../../core/arena.ts';
import { MAX_SUBMIT_BRIEF_BYTES, writePart } from './brief.ts';
import { formatDuration } from '../format.ts';
import { bytesOf } from './bytes.ts';
import { choosePageLines } from './program-page.ts';
import { type RoleText, rolePart } from './team.ts';

const [MAX_GLOBS, MAX_KNOB_BYTES] = [12, 700];
/** Of the heading of the page and the mark of a cut. */
const PAGE_OVERHEAD_BYTES = 120;

/** `files`: text by path of the files that hold the knobs. */
export function briefBeforeRun(
  arena: Arena,
  program: string | undefined,
  files: ReadonlyMap<string, string>,
  role?: RoleText,
): string {
  const { metric, editable, budget, resources, knobs } = arena;
  const left = editable.length - MAX_GLOBS;
  const globs = editable.slice(0, MAX_GLOBS).map((glob) => oneLine(glob, 80));
  const task = [
    `## Improve ${metric.name} of ${arena.name} (${metric.direction === 'minimize' ? 'lower' : 'higher'} is better)`,
    'Nothing is measured yet, and there is no lab. `overnight run --agent submissions` opens one, measures the noise of the unchanged code, and then what is submitted. Read the brief again when it runs.',
    `You may change: ${globs.join(', ')}${left > 0 ? ` and ${left} more` : ''}. Every other file is frozen.`,
    `One run has ${formatDuration(budget.seconds)} of budgeted time (hard limit ${formatDuration(budget.wall_s)}), ${resources.cpus} core${resources.cpus === 1 ? '' : 's'} and ${resources.memory_mb} MB.`,
  ].join('\n');
  const knobLines = knobs.map((knob) => {
    const match = findKnob(knob, files.get(knob.file) ?? '');
    const range = knob.kind === 'choice' ? knob.values.join(' | ') : `${knob.range[0]} to ${knob.range[1]}`;
    return `${knob.name} = ${match.ok ? match.value : '?'} (${oneLine(range, 80)}, ${oneLine(knob.file, 60)})`;
  });
  const knobsText =
    knobLines.length === 0
      ? ''
      : writePart({ title: 'Knobs', maxBytes: MAX_KNOB_BYTES, lines: knobLines }, MAX_KNOB_BYTES);
  const roleLines = rolePart(role);
  const roleText = roleLines ? writePart(roleLines, roleLines.maxBytes) : '';
  const room = MAX_SUBMIT_BRIEF_BYTES - bytesOf(task) - bytesOf(knobsText) - bytesOf(roleText) - PAGE_OVERHEAD_BYTES;
  const page = program === undefined ? '' : `## program.md\n${choosePageLines(program, room).join('\n')}\n\n`;
  return `${task}\n\n${roleText}${page}${knobsText}`.trimEnd();
}
