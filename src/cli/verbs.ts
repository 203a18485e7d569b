/** `overnight combine`, `retry`, `give-up`: what an agent with a shell can ask beside submitting a change. */
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { Desk } from '../mcp/desk.ts';
import type { SubmissionStatus } from '../mcp/submission-status.ts';
import type { Statements } from '../mcp/statements.ts';
import { combineRequest, giveUpRequest, retryRequest } from '../mcp/verbs.ts';
import type { Invocation } from './command.ts';
import { experimentNumber, findLab, readLab } from './find.ts';
import type { COMBINE_OPTIONS, GIVE_UP_OPTIONS, RETRY_OPTIONS, SUBMIT_OPTIONS } from './agent-options.ts';
import { printJson, printText } from './output.ts';

/** What the options say beside a change. */
export function statementsIn({
  title,
  mechanism,
  expected,
  risks,
  next,
  heeds,
  simplify,
  model,
  tokens,
  usd,
}: Pick<
  Invocation<typeof SUBMIT_OPTIONS>['options'],
  'title' | 'mechanism' | 'expected' | 'risks' | 'next' | 'heeds' | 'simplify' | 'model' | 'tokens' | 'usd'
>): Statements {
  const nextIdeas = next?.split(';').filter((idea) => idea.trim() !== '');
  return defined({
    title,
    mechanism,
    expected,
    risks,
    next: nextIdeas,
    heeds,
    simplifies: simplify || undefined,
    model,
    tokens,
    usd,
  });
}

export async function combineIdeas(invocation: Invocation<typeof COMBINE_OPTIONS>): Promise<number> {
  const foundLab = findLab(invocation);
  const count = readLab(foundLab).state.experiments.length;
  const of = invocation.args.map((word) => experimentNumber(word, count));
  const { hypothesis, by } = invocation.options;
  const said = { ...defined({ hypothesis }), ...statementsIn(invocation.options) };
  return print(invocation, new Desk(foundLab.paths, by).ask(combineRequest({ of, ...said })));
}

export async function retryIdea(invocation: Invocation<typeof RETRY_OPTIONS>): Promise<number> {
  const foundLab = findLab(invocation);
  const n = experimentNumber(invocation.args[0], readLab(foundLab).state.experiments.length);
  const { hypothesis, by, on } = invocation.options;
  const said = { ...defined({ hypothesis, on }), ...statementsIn(invocation.options) };
  return print(invocation, new Desk(foundLab.paths, by).ask(retryRequest({ n, ...said })));
}

export async function giveUpIdea(invocation: Invocation<typeof GIVE_UP_OPTIONS>): Promise<number> {
  const foundLab = findLab(invocation);
  const n = experimentNumber(invocation.args[0], readLab(foundLab).state.experiments.length);
  const { because = '', by } = invocation.options;
  if (because.trim() === '')
    throw new LabError('E_USAGE', {
      what: '`give-up` is incomplete.',
      why: 'It has no reason.',
      next: `Write \`overnight give-up ${n} --because "it needs a package that is not here"\`.`,
    });
  return print(invocation, new Desk(foundLab.paths, by).ask(giveUpRequest(n, because)));
}

function print(
  invocation: Pick<Invocation<typeof COMBINE_OPTIONS>, 'wantsJson' | 'spellCommands'>,
  status: SubmissionStatus,
): number {
  if (invocation.wantsJson) printJson(status);
  else printText(invocation.spellCommands(`${status.id}\n${status.text[0]!.toUpperCase()}${status.text.slice(1)}.`));
  return 0;
}
