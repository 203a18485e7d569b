/** Opens the broker of an arena that asks models. Chooses the adapter; knows nothing about measurements. */
import * as path from 'node:path';
import { Broker } from '../agents/broker/broker.ts';
import type { Bench } from '../loop/process-specs.ts';
import type { Session } from './session.ts';

/** Answers of models, below the lab's folder. */
const ANSWERS_FOLDER = 'model-answers';

/** Nothing where the manifest has no `model`. Throws E_MODEL where no provider can be asked. */
export function openModelBroker({ ledger, paths, runTag }: Session): Pick<Bench, 'models'> {
  const { model: rules } = ledger.state.lab!.arena;
  if (!rules) return {};
  const folder = path.join(paths.lab, ANSWERS_FOLDER);
  return { models: new Broker({ rules, environment: process.env, folder, tag: runTag }) };
}
