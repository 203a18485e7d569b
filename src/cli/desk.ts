/** `overnight brief`, `submit`, `poll`, `note`: the verbs of the desk for a person, or for an agent with a shell. */
import * as fs from 'node:fs';
import { LabError } from '../base/error.ts';
import { Desk, MOST_WAIT_S } from '../mcp/desk.ts';
import { findLab } from './find.ts';
import { numberOption } from './limits.ts';
import { print, printJson } from './output.ts';
import type { Call } from './spec.ts';

const deskOf = (call: Call): Desk => new Desk(findLab(call).paths, String(call.options.from ?? 'person'));

export async function brief(call: Call): Promise<number> {
  const text = deskOf(call).brief();
  if (call.json) printJson({ brief: text });
  else print(text);
  return 0;
}

export async function submit(call: Call): Promise<number> {
  const parent = numberOption(call, 'parent', true, true);
  const said = await deskOf(call).submit({
    hypothesis: String(call.options.hypothesis ?? ''),
    diff: diffFrom(call.args[0]),
    ...(parent !== undefined && { parent }),
  });
  if (call.json) printJson(said);
  else
    print(
      `${said.id}\n${said.text[0]!.toUpperCase()}${said.text.slice(1)}: overnight poll ${said.id} --wait ${MOST_WAIT_S}`,
    );
  return 0;
}

/** From a file, or from standard input. */
function diffFrom(file: string | undefined): string {
  try {
    return fs.readFileSync(file === undefined || file === '-' ? 0 : file, 'utf8');
  } catch {
    throw new LabError('E_USAGE', {
      what: 'The diff cannot be read.',
      why: `There is no readable ${file === undefined ? 'standard input' : `file ${file}`}.`,
      next: 'Name a file with a unified diff, or pipe one in: git diff | overnight submit --hypothesis "…".',
    });
  }
}

export async function poll(call: Call): Promise<number> {
  const said = await deskOf(call).poll(String(call.args[0]), numberOption(call, 'wait', false, true) ?? 0);
  if (call.json) printJson(said);
  else print(`${said.state}: ${said.text}`);
  return said.state === 'done' ? 0 : 10;
}

export async function note(call: Call): Promise<number> {
  const id = deskOf(call).note(call.args.join(' '));
  if (call.json) printJson({ id });
  else print('Noted.');
  return 0;
}
