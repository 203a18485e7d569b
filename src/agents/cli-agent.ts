/**
 * An agent made of a recipe: one bounded call in the jail, metered by the gateway, with its outcome classified. It is
 * the same for every program that is started once per call and ends by itself.
 */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { defined } from '../base/defined.ts';
import { reasonOf } from '../base/error.ts';
import type { Agent, AgentResult, AgentTask } from '../core/ports.ts';
import type { Account } from './gateway/account.ts';
import type { ProviderFailure } from './gateway/classify.ts';
import type { Gateway } from './gateway/gateway.ts';
import {
  type CallResources,
  type ConfinedProgram,
  type Jail,
  type JailedRun,
  makeCallDirs,
  type CallDirs,
} from './jail.ts';
import { outcomeOf } from './outcome.ts';
import type { AgentProgram } from './program.ts';
import { findReachIncidents } from './reach.ts';
import type { Reading, Recipe, LaunchContext } from './recipe.ts';

/** What every agent uses. */
export interface AgentHost {
  readonly jail: Jail;
  readonly gateway: Gateway;
  /** A budget that contains the budget of each call. */
  readonly within?: Account | undefined;
}

const MAX_STDOUT = 16 * 1024 * 1024;

export function cliAgent(
  recipe: Recipe,
  program: AgentProgram,
  route: LaunchContext['route'],
  modelName: string | undefined,
  agentHost: AgentHost,
): Agent {
  const { jail } = agentHost;
  return {
    name: recipe.name,
    ...defined({ model: modelName }),
    reason: `${recipe.name} ${program.version} (${program.path}), ${jail.reason}, ${route === 'login' ? 'with your own login: its own figures' : 'through the gateway'}`,
    run: (task) => {
      const launchContextFor = (layout: LaunchContext['layout']): LaunchContext => ({
        task,
        layout,
        route,
        model: modelName,
        isJailed: jail.holds,
        hasFlag: (flag) => program.flags.has(flag),
      });
      let collectedStdout = '';
      const confinedProgram: ConfinedProgram = {
        argv: (layout) => [program.path, ...recipe.argv(launchContextFor(layout))],
        env: (layout) => ({
          ...(route === 'login' ? readLoginEnv(recipe) : {}),
          ...recipe.env(launchContextFor(layout)),
          CI: '1',
          NO_COLOR: '1',
          TERM: 'dumb',
        }),
        homeFiles: (layout) => ({
          ...(route === 'login' ? readLoginFiles(recipe) : {}),
          ...recipe.files?.(launchContextFor(layout)),
        }),
        ...(recipe.prompt === 'stdin' && { stdin: task.prompt }),
        onStdout: (piece) => {
          collectedStdout = (collectedStdout + piece).slice(-MAX_STDOUT);
        },
        alsoRead: program.alsoRead,
      };
      return callAgent(agentHost, task, route === 'login' ? (recipe.login?.hosts ?? []) : [], {
        start: (resources) => jail.start(task, confinedProgram, resources),
        read: () => recipe.read(collectedStdout),
      });
    },
  };
}

/** The two things that differ between kinds of agents. */
export interface AgentDriver {
  start(resources: CallResources): Promise<JailedRun>;
  read(): Reading;
}

/** One call, from its temporary folders to its outcome. Never rejects; nothing of it is left afterwards. */
export async function callAgent(
  agentHost: AgentHost,
  task: AgentTask,
  tunnelHosts: readonly string[],
  driver: AgentDriver,
): Promise<AgentResult> {
  if (task.signal.aborted)
    return { kind: 'failed', class: 'aborted', message: 'it was stopped before it began', wallS: 0 };
  let callDirs: CallDirs | undefined;
  try {
    callDirs = makeCallDirs(task.tag);
    return await callInDirs(callDirs, agentHost, task, tunnelHosts, driver);
  } catch (thrownError) {
    return { kind: 'failed', class: 'crashed', message: reasonOf(thrownError), wallS: 0 };
  } finally {
    callDirs?.remove();
  }
}

async function callInDirs(
  callDirs: CallDirs,
  agentHost: AgentHost,
  task: AgentTask,
  tunnelHosts: readonly string[],
  driver: AgentDriver,
): Promise<AgentResult> {
  let giveUpFailure: ProviderFailure | undefined;
  let jailedRun: JailedRun | undefined;
  const stopRun = (): void => jailedRun?.running.kill();
  const { tokens, usd } = task.limits;
  const openCall = await agentHost.gateway.openCall({
    socketDir: callDirs.socketDir,
    allowance: defined({ tokens, usd }),
    within: agentHost.within,
    tunnelHosts,
    onGiveUp: (failure) => {
      giveUpFailure = failure;
      stopRun();
    },
  });
  try {
    const exhaustedReason = openCall.call.account.whyExhausted();
    if (exhaustedReason !== undefined) return { kind: 'failed', class: 'budget', message: exhaustedReason, wallS: 0 };
    jailedRun = await driver.start({ openCall, home: callDirs.home });
    task.signal.addEventListener('abort', stopRun, { once: true });
    if (task.signal.aborted || giveUpFailure) stopRun();
    const { result, incidents } = await jailedRun.ended;
    const callReport = openCall.call.buildReport();
    const reachIncidents = findReachIncidents(callReport.toolCalls, { ...jailedRun.layout, writable: task.writable });
    return outcomeOf(
      {
        result,
        reading: driver.read(),
        report: callReport,
        gaveUp: giveUpFailure,
        incidents: [...incidents, ...reachIncidents],
      },
      Date.now(),
    );
  } finally {
    task.signal.removeEventListener('abort', stopRun);
    await openCall.close();
  }
}

/** The person's login, copied into the temporary home. Changes that the program makes to the copy are not kept. */
function readLoginFiles(recipe: Recipe): Readonly<Record<string, string>> {
  const presentFiles = (recipe.login?.files ?? []).filter((filePath) => existsSync(join(homedir(), filePath)));
  return Object.fromEntries(
    presentFiles.map((filePath) => [filePath, readFileSync(join(homedir(), filePath), 'utf8')]),
  );
}

function readLoginEnv(recipe: Recipe): Readonly<Record<string, string>> {
  const loginVariables = (recipe.login?.variables ?? []).map(
    (variableName) => [variableName, process.env[variableName]] as const,
  );
  return Object.fromEntries(
    loginVariables.filter((variableEntry): variableEntry is [string, string] => variableEntry[1] !== undefined),
  );
}

/** True when the person has logged in with the program itself. */
export function hasLogin(recipe: Recipe): boolean {
  return Object.keys({ ...readLoginFiles(recipe), ...readLoginEnv(recipe) }).length > 0;
}
