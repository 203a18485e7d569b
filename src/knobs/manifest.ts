/**
 * Adds knobs to the text of a manifest, one line each. Everything else stays as the person wrote it. Knows YAML, not
 * what knobs are for.
 */
import { isSeq, parseDocument } from 'yaml';
import type { Knob } from '../core/arena.ts';

/** One knob as a line of YAML. */
export function formatKnobLine(knob: Knob): string {
  const { name, file, kind } = knob;
  const knobFields = [`name: ${name}`, `file: ${formatScalar(file)}`, `kind: ${kind}`];
  if (knob.kind === 'choice') knobFields.push(`values: [${knob.values.map(formatScalar).join(', ')}]`);
  else knobFields.push(`range: [${knob.range.join(', ')}]`);
  if ('log' in knob && knob.log) knobFields.push('log: true');
  return `{ ${knobFields.join(', ')} }`;
}

const formatScalar = (value: string | number): string =>
  typeof value === 'number' || /^[A-Za-z_./-][\w./-]*$/.test(value) ? String(value) : JSON.stringify(value);

/** The manifest's text with the new knobs after the present ones. */
export function addKnobs(manifestText: string, knobs: readonly Knob[]): string {
  const document = parseDocument(manifestText);
  const knobsNode = document.get('knobs', true);
  const formatKnobLines = (indentation: string): string =>
    knobs.map((knob) => `${indentation}- ${formatKnobLine(knob)}\n`).join('');
  if (!isSeq(knobsNode)) {
    if (document.has('knobs')) throw new RangeError('`knobs` is not a list');
    return `${manifestText.endsWith('\n') ? manifestText : `${manifestText}\n`}knobs:\n${formatKnobLines('  ')}`;
  }
  const [nodeStart, nodeEnd] = knobsNode.range!;
  if (knobsNode.flow) {
    const textBefore = manifestText.slice(0, nodeEnd - 1).trimEnd();
    const separator = knobsNode.items.length === 0 || textBefore.endsWith(',') ? ' ' : ', ';
    return `${textBefore}${separator}${knobs.map(formatKnobLine).join(', ')} ]${manifestText.slice(nodeEnd)}`;
  }
  const indentation = /[ \t]*$/.exec(manifestText.slice(0, nodeStart))![0];
  const textThroughKnobs = manifestText.slice(0, nodeEnd).trimEnd();
  return `${textThroughKnobs}\n${formatKnobLines(indentation)}${manifestText.slice(textThroughKnobs.length).replace(/^[^\n]*\n/, '')}`;
}
