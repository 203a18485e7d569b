/** `overnight claim` and `overnight budget`: what agents that work on one lab agree on, and what each may spend. */
import { LabError } from '../base/error.ts';
import { oneLine } from '../base/text.ts';
import { claimDirection, releaseDirection } from '../mcp/directions.ts';
import type { CLAIM_OPTIONS, BUDGET_OPTIONS } from './agent-options.ts';
import type { Invocation } from './command.ts';
import { findLab } from './find.ts';
import { printJson, printText } from './output.ts';
import { sendRequest } from './request.ts';

export async function claimWords(invocation: Invocation<typeof CLAIM_OPTIONS>): Promise<number> {
  const { by, minutes, release } = invocation.options;
  const direction = invocation.args.join(' ').trim();
  if (!release && direction === '')
    throw new LabError('E_USAGE', {
      what: '`claim` is incomplete.',
      why: 'It has no words.',
      next: 'Write `overnight claim --by NAME "the cache of parsed templates"`; --release gives directions back.',
    });
  const { paths } = findLab(invocation);
  const status = release
    ? await releaseDirection(paths, by, direction === '' ? undefined : direction)
    : await claimDirection(paths, by, { direction, minutes });
  if (invocation.wantsJson) printJson(status);
  else {
    const lines = [
      `${status.text[0]!.toUpperCase()}${status.text.slice(1)}.`,
      ...status.own.map((claim) => `${oneLine(by, 60)} claims ${claim}.`),
      ...status.others.map((claim) => `Claimed by ${claim}.`),
    ];
    printText(invocation.spellCommands(lines.join('\n'), paths.arena));
  }
  return 0;
}

export async function setBudget(invocation: Invocation<typeof BUDGET_OPTIONS>): Promise<number> {
  const { ideas, tokens, usd } = invocation.options;
  if ([ideas, tokens, usd].every((limit) => limit === undefined))
    throw new LabError('E_USAGE', {
      what: '`budget` is incomplete.',
      why: 'It names no limit.',
      next: 'Write `overnight budget ann --ideas 40`; without a name it is for every agent that has none of its own.',
    });
  const [agent] = invocation.args;
  return sendRequest('budget', invocation, {
    verb: 'budget',
    ...(agent !== undefined && { agent }),
    ideas,
    tokens,
    usd,
  });
}
