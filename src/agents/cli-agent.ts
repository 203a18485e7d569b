/**
 * An agent made of a recipe: one bounded call in the jail, metered by the gateway, with its outcome classified. The
 * same for every program that is started once per call and ends by itself.
 */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { reasonOf } from '../base/error.ts';
import type { Agent, AgentResult, AgentTask } from '../core/ports.ts';
import type { Account } from './gateway/account.ts';
import type { Failure } from './gateway/classify.ts';
import type { Gateway } from './gateway/gateway.ts';
import { type Call, type Confined, type Jail, type Jailed, openRoom, type Room } from './jail.ts';
import { outcomeOf } from './outcome.ts';
import type { Program } from './program.ts';
import { reachedFor } from './reach.ts';
import type { Reading, Recipe, Setting } from './recipe.ts';

/** What every agent needs of its surroundings. */
export interface AgentHost {
  readonly jail: Jail;
  readonly gateway: Gateway;
  /** Budgets around each call: of the experiment, the night, the lab. */
  readonly within?: Account | undefined;
}

const MOST_STDOUT = 16 * 1024 * 1024;

export function cliAgent(
  recipe: Recipe,
  program: Program,
  way: Setting['way'],
  model: string | undefined,
  host: AgentHost,
): Agent {
  const { jail } = host;
  return {
    name: recipe.name,
    ...(model !== undefined && { model }),
    reason: `${recipe.name} ${program.version} (${program.path}), ${jail.reason}, ${way === 'login' ? 'with your own login: its own figures' : 'through the gateway'}`,
    run: (task) => {
      const set = (place: Setting['place']): Setting => ({
        task,
        place,
        way,
        model,
        jailed: jail.holds,
        has: (flag) => program.flags.has(flag),
      });
      let stdout = '';
      const confined: Confined = {
        argv: (place) => [program.path, ...recipe.argv(set(place))],
        env: (place) => ({
          ...(way === 'login' ? loginEnv(recipe) : {}),
          ...recipe.env(set(place)),
          CI: '1',
          NO_COLOR: '1',
          TERM: 'dumb',
        }),
        homeFiles: (place) => ({ ...(way === 'login' ? loginFiles(recipe) : {}), ...recipe.files?.(set(place)) }),
        ...(recipe.prompt === 'stdin' && { stdin: task.prompt }),
        onStdout: (text) => {
          stdout = (stdout + text).slice(-MOST_STDOUT);
        },
        alsoRead: program.alsoRead,
      };
      return callAgent(host, task, way === 'login' ? (recipe.login?.hosts ?? []) : [], {
        start: (call) => jail.start(task, confined, call),
        read: () => recipe.read(stdout),
      });
    },
  };
}

/** The two things that differ between kinds of agents. */
export interface Doing {
  start(call: Call): Promise<Jailed>;
  read(): Reading;
}

/** One call from the way in to the outcome. Never rejects; nothing of it is left afterwards. */
export async function callAgent(
  host: AgentHost,
  task: AgentTask,
  hosts: readonly string[],
  doing: Doing,
): Promise<AgentResult> {
  if (task.signal.aborted)
    return { kind: 'failed', class: 'aborted', message: 'it was stopped before it began', wallS: 0 };
  let room: Room | undefined;
  try {
    room = openRoom(task.tag);
    return await callIn(room, host, task, hosts, doing);
  } catch (thrown) {
    return { kind: 'failed', class: 'crashed', message: reasonOf(thrown), wallS: 0 };
  } finally {
    room?.remove();
  }
}

async function callIn(
  room: Room,
  host: AgentHost,
  task: AgentTask,
  hosts: readonly string[],
  doing: Doing,
): Promise<AgentResult> {
  let gaveUp: Failure | undefined;
  let jailed: Jailed | undefined;
  const stop = (): void => jailed?.running.kill();
  const { tokens, usd } = task.limits;
  const open = await host.gateway.open({
    socketDir: room.sockets,
    allowance: { ...(tokens !== undefined && { tokens }), ...(usd !== undefined && { usd }) },
    within: host.within,
    hosts,
    onGiveUp: (failure) => {
      gaveUp = failure;
      stop();
    },
  });
  try {
    const nothing = open.call.account.exhausted();
    if (nothing !== undefined) return { kind: 'failed', class: 'budget', message: nothing, wallS: 0 };
    jailed = await doing.start({ open, home: room.home });
    task.signal.addEventListener('abort', stop, { once: true });
    if (task.signal.aborted || gaveUp) stop();
    const { result, incidents } = await jailed.ended;
    const report = open.call.report();
    const reached = reachedFor(report.toolCalls, { ...jailed.place, writable: task.writable });
    return outcomeOf(
      { result, reading: doing.read(), report, gaveUp, incidents: [...incidents, ...reached] },
      Date.now(),
    );
  } finally {
    task.signal.removeEventListener('abort', stop);
    await open.close();
  }
}

/** The person's login, copied into the throw-away home: what the program makes of the copy does not come back. */
function loginFiles(recipe: Recipe): Readonly<Record<string, string>> {
  const there = (recipe.login?.files ?? []).filter((file) => existsSync(join(homedir(), file)));
  return Object.fromEntries(there.map((file) => [file, readFileSync(join(homedir(), file), 'utf8')]));
}

function loginEnv(recipe: Recipe): Readonly<Record<string, string>> {
  const given = (recipe.login?.variables ?? []).map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(given.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

/** True when the person has logged in with the program itself. */
export function hasLogin(recipe: Recipe): boolean {
  return Object.keys({ ...loginFiles(recipe), ...loginEnv(recipe) }).length > 0;
}
