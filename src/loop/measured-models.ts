/**
 * The models of one measurement: a socket for the candidate and one for the evaluator, as far as the manifest gives
 * them; what they used; and who is to blame when it failed. Knows nothing about providers.
 */
import { LabError } from '../base/error.ts';
import { defined } from '../base/defined.ts';
import type { Arena } from '../core/arena.ts';
import { mayUseModels, type ModelUser, targetUserOf } from '../core/model-rules.ts';
import { type ModelBroker, type ModelUses, type OpenModels, targetTokensOf } from '../core/model-use.ts';
import type { Outcome, Purpose } from '../core/outcome.ts';
import type { Mount, Sandbox } from '../core/ports.ts';
import { crashOutcome } from './faults.ts';

/** What a process gets of them: nothing where it may not ask. */
export interface ModelAccess {
  readonly mounts: readonly Mount[];
  readonly env: Readonly<Record<string, string>>;
}

export interface ModelsRequest {
  readonly m: number;
  readonly commit: string;
  /** Absent: as for an idea. */
  readonly purpose?: Purpose | undefined;
}

interface ModelsBench {
  readonly arena: Arena;
  readonly sandbox: Pick<Sandbox, 'inside'>;
  readonly models?: ModelBroker;
}

const MODELS_INSIDE = { candidate: '/lab/model', evaluator: '/lab/model' } as const;
const NO_ACCESS: ModelAccess = { mounts: [], env: {} };

/**
 * Do measurements for this get answers of their own, whatever the manifest says of the cache? Those that measure noise
 * or prove a claim do: an answer that was recorded before says nothing new.
 */
export const drawsOwnAnswers = (purpose: Purpose): boolean =>
  purpose !== 'idea' && purpose !== 'replicate' && purpose !== 'screen';

export class MeasuredModels {
  readonly #bench: ModelsBench;
  readonly #request: ModelsRequest;
  readonly #open: ReadonlyMap<ModelUser, OpenModels>;

  private constructor(bench: ModelsBench, request: ModelsRequest, open: ReadonlyMap<ModelUser, OpenModels>) {
    this.#bench = bench;
    this.#request = request;
    this.#open = open;
  }

  /** For a measurement; `part` is `holdout` for what the holdout's evaluator asks. */
  static async open(
    bench: ModelsBench,
    request: ModelsRequest,
    part: 'validation' | 'holdout' = 'validation',
  ): Promise<MeasuredModels> {
    const { arena, models } = bench;
    const open = new Map<ModelUser, OpenModels>();
    const measured = new MeasuredModels(bench, request, open);
    const isFresh = arena.model?.cache !== 'reuse' || part === 'holdout' || drawsOwnAnswers(request.purpose ?? 'idea');
    try {
      for (const user of ['candidate', 'evaluator'] as const) {
        if (!models || !mayUseModels(arena.model, user)) continue;
        const space = user === 'candidate' ? `candidate ${request.commit}` : `evaluator of ${part}`;
        open.set(user, await models.open({ user, space, ...(isFresh && { draw: `m${request.m}` }) }));
      }
    } catch (thrown) {
      await measured.close();
      throw thrown;
    }
    return measured;
  }

  accessOf(user: ModelUser): ModelAccess {
    const openModels = this.#open.get(user);
    if (!openModels) return NO_ACCESS;
    const mount: Mount = { from: openModels.socketDir, to: MODELS_INSIDE[user], mode: 'read' };
    return {
      mounts: [mount],
      env: {
        OVERNIGHT_MODEL_SOCKET: `${this.#bench.sandbox.inside(mount)}/${openModels.socketName}`,
        OVERNIGHT_MODEL: this.#bench.arena.model!.allow[0]!,
        OVERNIGHT_MODEL_API: this.#bench.arena.model!.api,
      },
    };
  }

  /** What was used so far; absent where no process may ask. */
  get uses(): ModelUses | undefined {
    if (this.#open.size === 0) return undefined;
    return Object.fromEntries([...this.#open].map(([user, openModels]) => [user, openModels.use()]));
  }

  /** What a person should know of a measurement that has a number. */
  get remark(): string | undefined {
    const opens = [...this.#open.values()];
    const overBudget = opens.find((openModels) => openModels.overBudget !== undefined)?.overBudget;
    return overBudget === undefined ? undefined : `a request to a model was refused. ${overBudget}`;
  }

  /**
   * The outcome with the class of a failure that models explain. Throws E_MODEL where the provider failed: then there
   * is no result, whatever the evaluator said of answers that did not come.
   */
  async judge(outcome: Outcome): Promise<Outcome> {
    const opens = [...this.#open.values()];
    const trouble = opens.find((openModels) => openModels.trouble !== undefined)?.trouble;
    const waitedS = Math.max(0, ...opens.map((openModels) => openModels.waitedS));
    const late = outcome.kind !== 'measured' && waitedS > 0 ? lateText(waitedS) : undefined;
    const reason = trouble ? `${trouble.class}: ${trouble.message}` : late;
    if (reason !== undefined) return await this.#blame(reason);
    if (opens.length > 0) this.#bench.models?.forgetTrouble(this.#request.commit);
    if (outcome.kind === 'measured') return outcome;
    const overBudget = opens.find((openModels) => openModels.overBudget !== undefined)?.overBudget;
    if (overBudget !== undefined) return explained(outcome, 'model-budget', overBudget);
    const notAllowed = opens.find((openModels) => openModels.notAllowed !== undefined)?.notAllowed;
    return notAllowed === undefined ? outcome : explained(outcome, 'model-refused', notAllowed);
  }

  async #blame(reason: string): Promise<Outcome> {
    if ((await this.#bench.models!.whoIsToBlame(this.#request.commit)) === 'code')
      return crashOutcome(
        'model-failed',
        `the model’s provider failed over its requests, twice, and answers others: ${reason}`,
      );
    throw new LabError('E_MODEL', {
      what: 'A measurement came to nothing because a model could not be asked.',
      why: `The provider failed (${reason}).`,
      next: '`overnight doctor` asks the provider and says what is wrong.',
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((openModels) => openModels.close()));
  }
}

const lateText = (waitedS: number): string => `requests had to wait ${waitedS.toFixed(1)} s for a provider that failed`;

const explained = (
  outcome: Exclude<Outcome, { kind: 'measured' }>,
  failureClass: 'model-budget' | 'model-refused',
  reason: string,
): Outcome => crashOutcome(failureClass, `${reason.replace(/\.$/, '')}; then: ${outcome.message}`);

/** What the target used, as secondary metrics; `target_usd` only where every model has a price. */
export function targetMetrics({ model }: Arena, uses: ModelUses | undefined): Readonly<Record<string, number>> {
  if (!model || !uses) return {};
  const target = targetUserOf(model);
  const [used, judged] = [uses[target], model.for === 'both' ? uses.evaluator : undefined];
  return defined({
    target_tokens: used && targetTokensOf(used),
    target_usd: used?.usd,
    evaluator_tokens: judged && targetTokensOf(judged),
    evaluator_usd: judged?.usd,
  });
}
