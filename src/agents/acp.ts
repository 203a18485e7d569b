/**
 * One client for every agent that speaks the Agent Client Protocol, version 1 (JSON-RPC, one message a line, on
 * standard input and output). Written by hand, because it uses only five messages. In a jail it grants every
 * permission, because the jail decides what can be done. Not supported: terminals and files of the client, a login by
 * browser, other versions of the protocol.
 */
import { defined } from '../base/defined.ts';
import { oneLine } from '../base/text.ts';
import type { Agent, AgentTask, RunningProcess } from '../core/ports.ts';
import { type AgentHost, callAgent, type AgentDriver } from './cli-agent.ts';
import { type CommandOptions, modelEnv, resolveCommand } from './command.ts';
import { type Fields, asFields, asList } from './gateway/apis.ts';
import type { ConfinedProgram, JailedRun, AgentLayout } from './jail.ts';
import { rootsOf } from './program.ts';
import { ownUsage, type Reading, type LaunchContext, asText } from './recipe.ts';
import { recipeOfProgram } from './recipes.ts';

const PROTOCOL_VERSION = 1;

/** Throws E_AGENT when there is no such program. */
export function acpAgent(options: CommandOptions, agentHost: AgentHost): Agent {
  const { programPath, commandLine } = resolveCommand(options.command);
  const recipe = recipeOfProgram(programPath);
  const route = recipe?.apis.find((api) => agentHost.gateway.speaksApi(api));
  const modelName = options.model ?? (route === undefined ? undefined : recipe?.defaultModel?.[route]);
  return {
    name: options.name ?? `acp:${recipe?.name ?? programPath.split('/').at(-1)}`,
    ...defined({ model: modelName }),
    reason: `${options.command} (${programPath}) by the Agent Client Protocol, ${agentHost.jail.reason}, through the gateway`,
    run: (task) => {
      const launchContextFor = (layout: AgentLayout): LaunchContext => ({
        task,
        layout,
        route: route ?? 'chat',
        model: modelName,
        isJailed: agentHost.jail.holds,
        hasFlag: () => true,
      });
      const confinedProgram: Omit<ConfinedProgram, 'onStdout' | 'stdin'> = {
        argv: () => ['/bin/sh', '-c', `exec ${commandLine}`],
        env: (layout) => ({
          ...modelEnv(layout, modelName),
          ...recipe?.env(launchContextFor(layout)),
          NO_COLOR: '1',
          TERM: 'dumb',
          ...options.env,
        }),
        homeFiles: (layout) => recipe?.files?.(launchContextFor(layout)) ?? {},
        alsoRead: [...rootsOf(programPath), ...(options.alsoRead ?? [])],
      };
      return callAgent(agentHost, task, [], createDriver(agentHost, task, confinedProgram));
    },
  };
}

function createDriver(
  agentHost: AgentHost,
  task: AgentTask,
  confinedProgram: Omit<ConfinedProgram, 'onStdout' | 'stdin'>,
): AgentDriver {
  let session: AcpSession | undefined;
  let earlyOutput = '';
  return {
    start: async (resources): Promise<JailedRun> => {
      const receiveStdout = (piece: string): void => {
        if (session) session.receiveOutput(piece);
        else earlyOutput += piece;
      };
      const jailedRun = await agentHost.jail.start(
        task,
        { ...confinedProgram, stdin: { open: true }, onStdout: receiveStdout },
        resources,
      );
      session = new AcpSession(jailedRun.running, {
        workDir: jailedRun.layout.dir,
        promptText: task.prompt,
        allowsAll: agentHost.jail.holds,
      });
      session.receiveOutput(earlyOutput);
      session.startConversation();
      const endedRun = jailedRun.ended.then(({ result, incidents }) => ({
        // The client ends the program once it has answered: then the work was not stopped.
        result:
          session?.isSettled && result.ending === 'aborted'
            ? { ...result, ending: 'exited' as const, exitCode: 0 }
            : result,
        incidents,
      }));
      return { ...jailedRun, ended: endedRun };
    },
    read: () => session?.currentReading() ?? { text: '' },
  };
}

interface SessionOrder {
  readonly workDir: string;
  readonly promptText: string;
  /** True in a jail. Without one, only reads and edits of files in the work folder are allowed. */
  readonly allowsAll: boolean;
}

function isWithinFolder(toolCall: Fields, workDir: string): boolean {
  const touchedPaths = asList(toolCall.locations).map((location) => asText(asFields(location).path));
  return (
    /^(read|edit|search)$/.test(asText(toolCall.kind)) &&
    touchedPaths.every((touchedPath) => touchedPath.startsWith(`${workDir}/`) && !touchedPath.includes('/../'))
  );
}

/** One conversation: initialize, open a session, send the prompt, wait for the end of the turn, end the program. */
class AcpSession {
  /** It has answered, well or not. */
  isSettled = false;
  readonly #running: RunningProcess;
  readonly #sessionOrder: SessionOrder;
  readonly #pendingReplies = new Map<number, (result: Fields) => void>();
  #partialLine = '';
  #lastRequestId = 0;
  #answerText = '';
  #usage: Fields = {};
  #errorMessage: string | undefined;
  #stopReason = '';

  constructor(running: RunningProcess, sessionOrder: SessionOrder) {
    this.#running = running;
    this.#sessionOrder = sessionOrder;
  }

  startConversation(): void {
    const clientCapabilities = { fs: { readTextFile: false, writeTextFile: false }, terminal: false };
    this.#sendRequest(
      'initialize',
      { protocolVersion: PROTOCOL_VERSION, clientCapabilities, clientInfo: { name: 'overnight', version: '1' } },
      (greeting) => {
        if (greeting.protocolVersion !== PROTOCOL_VERSION) {
          return this.#finishTurn(
            `it speaks version ${String(greeting.protocolVersion)} of the protocol, not ${PROTOCOL_VERSION}`,
          );
        }
        this.#sendRequest('session/new', { cwd: this.#sessionOrder.workDir, mcpServers: [] }, ({ sessionId }) => {
          const promptParts = [{ type: 'text', text: this.#sessionOrder.promptText }];
          this.#sendRequest('session/prompt', { sessionId, prompt: promptParts }, (answer) => {
            this.#stopReason = asText(answer.stopReason);
            this.#usage = { ...this.#usage, ...asFields(answer.usage) };
            this.#finishTurn(
              /^(end_turn|max_.*)?$/.test(this.#stopReason) ? undefined : `it stopped: ${this.#stopReason}`,
            );
          });
        });
      },
    );
  }

  receiveOutput(piece: string): void {
    const lines = (this.#partialLine + piece).split('\n');
    this.#partialLine = lines.pop()!;
    for (const line of lines) {
      try {
        this.#handleMessage(asFields(JSON.parse(line)));
      } catch {
        // something that the program prints beside the protocol
      }
    }
  }

  currentReading(): Reading {
    const usage = this.#usage;
    const cachedTokens = Number(usage.cachedReadTokens ?? 0);
    return defined({
      text: this.#answerText.trim(),
      usage: ownUsage({
        input: Number(usage.inputTokens ?? 0) + Number(usage.cachedWriteTokens ?? 0),
        cached: cachedTokens,
        output: usage.outputTokens,
      }),
      error: this.isSettled ? this.#errorMessage : 'it ended before it answered',
    });
  }

  #sendRequest(methodName: string, parameters: Fields, onResult: (result: Fields) => void): void {
    const requestId = ++this.#lastRequestId;
    this.#pendingReplies.set(requestId, onResult);
    this.#sendMessage({ id: requestId, method: methodName, params: parameters });
  }

  #sendMessage(message: Fields): void {
    this.#running.send?.(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }

  #handleMessage(message: Fields): void {
    if (typeof message.method === 'string') return this.#handleRequest(message.method, message);
    const onResult = this.#pendingReplies.get(Number(message.id));
    this.#pendingReplies.delete(Number(message.id));
    const errorFields = asFields(message.error);
    if (message.error !== undefined)
      this.#finishTurn(oneLine(`${asText(errorFields.message)} ${JSON.stringify(errorFields.data ?? '')}`, 500));
    else onResult?.(asFields(message.result));
  }

  #handleRequest(methodName: string, { id, params }: Fields): void {
    const requestFields = asFields(params);
    if (methodName === 'session/update') return this.#handleUpdate(asFields(requestFields.update));
    if (id === undefined) return;
    if (methodName === 'session/request_permission') {
      const options = asList(requestFields.options).map(asFields);
      const acceptableKinds =
        this.#sessionOrder.allowsAll || isWithinFolder(asFields(requestFields.toolCall), this.#sessionOrder.workDir)
          ? ['allow_once', 'allow_always']
          : ['reject_once'];
      const chosenOption = acceptableKinds
        .map((wantedKind) => options.find((option) => option.kind === wantedKind))
        .find(Boolean);
      const permissionOutcome = chosenOption
        ? { outcome: 'selected', optionId: chosenOption.optionId }
        : { outcome: 'cancelled' };
      return this.#sendMessage({ id, result: { outcome: permissionOutcome } });
    }
    this.#sendMessage({ id, error: { code: -32601, message: `${methodName} is not offered` } });
  }

  #handleUpdate(update: Fields): void {
    const updateKind = asText(update.sessionUpdate);
    if (updateKind.startsWith('tool_call')) this.#answerText = ''; // the last answer is what follows the last tool call
    if (updateKind === 'agent_message_chunk') this.#answerText += asText(asFields(update.content).text);
  }

  #finishTurn(errorMessage: string | undefined): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.#errorMessage = errorMessage;
    this.#running.send?.(null);
    this.#running.kill();
  }
}
