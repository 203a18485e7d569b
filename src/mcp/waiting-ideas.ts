/** Ideas of one sender that wait in the inbox: they count against its budget before they are recorded. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { budgetOf } from '../core/agent-budget.ts';
import { inboxEntrySchema } from '../core/requests.ts';
import type { LabState } from '../core/state.ts';

const IDEA_VERBS = new Set(['submit', 'combine', 'retry']);
/** Files that are looked at: a longer queue than that has other problems. */
const MAX_FILES = 500;

/** 0 for a sender without a budget of ideas, for whom nothing is counted. Changes nothing in the inbox. */
export function waitingIdeasOf(state: LabState, inbox: string, sender: string): number {
  if (budgetOf(state, sender).ideas === undefined || !fs.existsSync(inbox)) return 0;
  const fileNames = fs.readdirSync(inbox).filter((fileName) => fileName.endsWith('.json'));
  return fileNames.slice(-MAX_FILES).filter((fileName) => {
    try {
      const entry = inboxEntrySchema.parse(JSON.parse(fs.readFileSync(path.join(inbox, fileName), 'utf8')));
      return entry.from === sender && IDEA_VERBS.has(entry.wish.verb) && !state.requests.has(entry.id);
    } catch {
      // Taken meanwhile, or no request.
      return false;
    }
  }).length;
}
