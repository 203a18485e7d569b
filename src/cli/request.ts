/**
 * `overnight steer`, `pause`, `resume`, `stop`, `skip`, `replicate`, `pin`, `veto`, `park`: put a wish into the lab's
 * inbox, and say what became of it when a harness is running. Never writes the ledger.
 */
import { LabError } from '../base/error.ts';
import { objection } from '../core/steering.ts';
import { wish } from '../core/requests.ts';
import { post } from '../ledger/inbox.ts';
import { monotonicMs, sleep } from '../os/clock.ts';
import { experimentNumber, type FoundLab, findLab, readLab } from './find.ts';
import { print, printJson } from './output.ts';
import type { Call } from './spec.ts';

/** A harness that lives looks four times a second, except while it lays out or hashes files. */
const PATIENCE_MS = 5000;

type State = ReturnType<typeof readLab>['state'];

export const wishCommand =
  (verb: string) =>
  async (call: Call): Promise<number> => {
    const found = findLab(call);
    const { state, alive } = readLab(found);
    const wanted = wish.safeParse(wordsOf(verb, call, state));
    if (!wanted.success) throw unusable(verb, wanted.error.issues[0]!.message);
    const against = objection(state, wanted.data);
    if (against) throw impossible(verb, against);
    const { id, isTaken } = post(found.paths.inbox, 'person', wanted.data);
    const taken = alive && (await takenSoon(isTaken));
    const refused = taken ? refusalOf(found, id) : undefined;
    if (refused) throw impossible(verb, refused);
    if (call.json) printJson({ id, verb, taken });
    else
      print(
        `${verb}: ${taken ? 'in force.' : alive ? 'not taken yet; the harness is busy.' : 'no harness is running; the next `overnight run` takes it.'}`,
      );
    return 0;
  };

/** The wish as the words on the command line say it, not yet checked. */
function wordsOf(verb: string, call: Call, state: State): unknown {
  switch (verb) {
    case 'steer':
      return call.options.forget === true ? { verb: 'forget' } : { verb, text: call.args.join(' ') };
    case 'park':
      return {
        verb: call.options.forget === true ? 'unpark' : verb,
        n: experimentNumber(call.args[0], state.experiments.length),
      };
    case 'pin':
    case 'veto':
      return { verb, n: experimentNumber(call.args[0], state.experiments.length) };
    case 'skip':
      return {
        verb,
        n: call.args[0] === undefined ? measured(state) : experimentNumber(call.args[0], state.experiments.length),
      };
    default:
      return { verb };
  }
}

/** The idea that is being measured now. */
function measured(state: State): number {
  const m = [...state.running].find((at) => state.experiments[state.measurements[at]!.n]!.state === 'open');
  if (m !== undefined) return state.measurements[m]!.n;
  throw impossible('skip', 'no idea is being measured now');
}

async function takenSoon(isTaken: () => boolean): Promise<boolean> {
  for (const end = monotonicMs() + PATIENCE_MS; monotonicMs() < end;) {
    if (isTaken()) return true;
    await sleep(50);
  }
  return isTaken();
}

/** Why the harness did not obey, if it said so. Read from the record, like everything. */
const refusalOf = (found: FoundLab, id: string): string | undefined => readLab(found).state.refused.get(id);

const impossible = (verb: string, why: string): LabError =>
  new LabError('E_WISH', {
    what: `\`${verb}\` cannot be obeyed.`,
    why: `${why[0]!.toUpperCase()}${why.slice(1)}.`,
    next: '`overnight log` lists the experiments, `overnight status` says what runs.',
  });

const unusable = (verb: string, why: string): LabError =>
  new LabError('E_USAGE', {
    what: `\`${verb}\` lacks something.`,
    why: `${why}.`,
    next: `See \`overnight ${verb} --help\`.`,
  });
