/**
 * One client for every agent that speaks the Agent Client Protocol, version 1 (JSON-RPC, a line each, on standard input
 * and output). Written by hand: five messages are used. In a jail it allows all it is asked, for the jail decides what
 * can be done. Not covered: terminals and files of the client (not offered), a login by browser, protocol versions
 * other than 1.
 */
import { oneLine } from '../base/text.ts';
import type { Agent, AgentTask, Running } from '../core/ports.ts';
import { type AgentHost, callAgent, type Doing } from './cli-agent.ts';
import { type CommandOptions, modelEnv, resolveCommand } from './command.ts';
import { type Fields, fields, list } from './gateway/apis.ts';
import type { Confined, Jailed, Place } from './jail.ts';
import { rootsOf } from './program.ts';
import { ownUsage, type Reading, type Setting, text } from './recipe.ts';
import { recipeOfProgram } from './recipes.ts';

const PROTOCOL = 1;

/** Throws E_AGENT when there is no such program. */
export function acpAgent(options: CommandOptions, host: AgentHost): Agent {
  const { path, line } = resolveCommand(options.command);
  const recipe = recipeOfProgram(path);
  const way = recipe?.apis.find((api) => host.gateway.speaks(api));
  const model = options.model ?? (way === undefined ? undefined : recipe?.defaultModel?.[way]);
  return {
    name: options.name ?? `acp:${recipe?.name ?? path.split('/').at(-1)}`,
    ...(model !== undefined && { model }),
    reason: `${options.command} (${path}) by the Agent Client Protocol, ${host.jail.reason}, through the gateway`,
    run: (task) => {
      const set = (place: Place): Setting => ({
        task,
        place,
        way: way ?? 'chat',
        model,
        jailed: host.jail.holds,
        has: () => true,
      });
      const confined: Omit<Confined, 'onStdout' | 'stdin'> = {
        argv: () => ['/bin/sh', '-c', `exec ${line}`],
        env: (place) => ({
          ...modelEnv(place, model),
          ...recipe?.env(set(place)),
          NO_COLOR: '1',
          TERM: 'dumb',
          ...options.env,
        }),
        homeFiles: (place) => recipe?.files?.(set(place)) ?? {},
        alsoRead: [...rootsOf(path), ...(options.alsoRead ?? [])],
      };
      return callAgent(host, task, [], dialogue(host, task, confined));
    },
  };
}

function dialogue(host: AgentHost, task: AgentTask, confined: Omit<Confined, 'onStdout' | 'stdin'>): Doing {
  let session: Session | undefined;
  let early = '';
  return {
    start: async (call): Promise<Jailed> => {
      const onStdout = (piece: string): void => {
        if (session) session.hear(piece);
        else early += piece;
      };
      const jailed = await host.jail.start(task, { ...confined, stdin: { open: true }, onStdout }, call);
      session = new Session(jailed.running, { dir: jailed.place.dir, prompt: task.prompt, allowAll: host.jail.holds });
      session.hear(early);
      session.begin();
      const ended = jailed.ended.then(({ result, incidents }) => ({
        // We end it ourselves once it has answered: that is not a stop of the work.
        result:
          session?.settled && result.ending === 'aborted'
            ? { ...result, ending: 'exited' as const, exitCode: 0 }
            : result,
        incidents,
      }));
      return { ...jailed, ended };
    },
    read: () => session?.reading() ?? { text: '' },
  };
}

interface Order {
  readonly dir: string;
  readonly prompt: string;
  /** In a jail; else only reads and edits of files in the work folder are allowed. */
  readonly allowAll: boolean;
}

function within(call: Fields, dir: string): boolean {
  const places = list(call.locations).map((location) => text(fields(location).path));
  return (
    /^(read|edit|search)$/.test(text(call.kind)) &&
    places.every((path) => path.startsWith(`${dir}/`) && !path.includes('/../'))
  );
}

/** One conversation: greet, open a session, prompt, wait for the end of the turn, end the program. */
class Session {
  /** It has answered, well or not. */
  settled = false;
  readonly #running: Running;
  readonly #order: Order;
  readonly #waiting = new Map<number, (result: Fields) => void>();
  #rest = '';
  #ids = 0;
  #text = '';
  #usage: Fields = {};
  #error: string | undefined;
  #stopReason = '';

  constructor(running: Running, order: Order) {
    this.#running = running;
    this.#order = order;
  }

  begin(): void {
    const clientCapabilities = { fs: { readTextFile: false, writeTextFile: false }, terminal: false };
    this.#ask(
      'initialize',
      { protocolVersion: PROTOCOL, clientCapabilities, clientInfo: { name: 'overnight', version: '1' } },
      (hello) => {
        if (hello.protocolVersion !== PROTOCOL) {
          return this.#finish(`it speaks version ${String(hello.protocolVersion)} of the protocol, not ${PROTOCOL}`);
        }
        this.#ask('session/new', { cwd: this.#order.dir, mcpServers: [] }, ({ sessionId }) => {
          const prompt = [{ type: 'text', text: this.#order.prompt }];
          this.#ask('session/prompt', { sessionId, prompt }, (answer) => {
            this.#stopReason = text(answer.stopReason);
            this.#usage = { ...this.#usage, ...fields(answer.usage) };
            this.#finish(/^(end_turn|max_.*)?$/.test(this.#stopReason) ? undefined : `it stopped: ${this.#stopReason}`);
          });
        });
      },
    );
  }

  hear(piece: string): void {
    const lines = (this.#rest + piece).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) {
      try {
        this.#take(fields(JSON.parse(line)));
      } catch {
        // a word of the program beside the protocol
      }
    }
  }

  reading(): Reading {
    const u = this.#usage;
    const cached = Number(u.cachedReadTokens ?? 0);
    return {
      text: this.#text.trim(),
      ...ownUsage({
        input: Number(u.inputTokens ?? 0) + Number(u.cachedWriteTokens ?? 0),
        cached,
        output: u.outputTokens,
      }),
      ...(this.#error !== undefined && { error: this.#error }),
      ...(!this.settled && { error: 'it ended before it answered' }),
    };
  }

  #ask(method: string, params: Fields, then: (result: Fields) => void): void {
    const id = ++this.#ids;
    this.#waiting.set(id, then);
    this.#send({ id, method, params });
  }

  #send(message: Fields): void {
    this.#running.send?.(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }

  #take(message: Fields): void {
    if (typeof message.method === 'string') return this.#heard(message.method, message);
    const then = this.#waiting.get(Number(message.id));
    this.#waiting.delete(Number(message.id));
    const error = fields(message.error);
    if (message.error !== undefined)
      this.#finish(oneLine(`${text(error.message)} ${JSON.stringify(error.data ?? '')}`, 500));
    else then?.(fields(message.result));
  }

  #heard(method: string, { id, params }: Fields): void {
    const given = fields(params);
    if (method === 'session/update') return this.#updated(fields(given.update));
    if (id === undefined) return;
    if (method === 'session/request_permission') {
      const options = list(given.options).map(fields);
      const wanted =
        this.#order.allowAll || within(fields(given.toolCall), this.#order.dir)
          ? ['allow_once', 'allow_always']
          : ['reject_once'];
      const chosen = wanted.map((kind) => options.find((option) => option.kind === kind)).find(Boolean);
      const outcome = chosen ? { outcome: 'selected', optionId: chosen.optionId } : { outcome: 'cancelled' };
      return this.#send({ id, result: { outcome } });
    }
    this.#send({ id, error: { code: -32601, message: `${method} is not offered` } });
  }

  #updated(update: Fields): void {
    const kind = text(update.sessionUpdate);
    if (kind.startsWith('tool_call')) this.#text = ''; // its last words are those after the last tool
    if (kind === 'agent_message_chunk') this.#text += text(fields(update.content).text);
  }

  #finish(error: string | undefined): void {
    if (this.settled) return;
    this.settled = true;
    this.#error = error;
    this.#running.send?.(null);
    this.#running.kill();
  }
}
