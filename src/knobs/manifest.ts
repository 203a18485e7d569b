/**
 * New knobs put into the text of a manifest as one line each, everything else left as the person wrote it. Knows YAML,
 * not what knobs are for.
 */
import { isSeq, parseDocument } from 'yaml';
import type { Knob } from '../core/arena.ts';

/** One knob as a line of YAML. */
export function knobLine(knob: Knob): string {
  const { name, file, kind } = knob;
  const parts = [`name: ${name}`, `file: ${scalar(file)}`, `kind: ${kind}`];
  if (knob.kind === 'choice') parts.push(`values: [${knob.values.map(scalar).join(', ')}]`);
  else parts.push(`range: [${knob.range.join(', ')}]`);
  if ('log' in knob && knob.log) parts.push('log: true');
  return `{ ${parts.join(', ')} }`;
}

const scalar = (value: string | number): string =>
  typeof value === 'number' || /^[A-Za-z_./-][\w./-]*$/.test(value) ? String(value) : JSON.stringify(value);

/** The manifest's text with the knobs behind those it has. */
export function addKnobs(text: string, knobs: readonly Knob[]): string {
  const document = parseDocument(text);
  const node = document.get('knobs', true);
  const block = (indent: string): string => knobs.map((knob) => `${indent}- ${knobLine(knob)}\n`).join('');
  if (!isSeq(node)) {
    if (document.has('knobs')) throw new RangeError('`knobs` is no list');
    return `${text.endsWith('\n') ? text : `${text}\n`}knobs:\n${block('  ')}`;
  }
  const [start, end] = node.range!;
  if (node.flow) {
    const before = text.slice(0, end - 1).trimEnd();
    const separator = node.items.length === 0 || before.endsWith(',') ? ' ' : ', ';
    return `${before}${separator}${knobs.map(knobLine).join(', ')} ]${text.slice(end)}`;
  }
  const indent = /[ \t]*$/.exec(text.slice(0, start))![0];
  const last = text.slice(0, end).trimEnd();
  return `${last}\n${block(indent)}${text.slice(last.length).replace(/^[^\n]*\n/, '')}`;
}
