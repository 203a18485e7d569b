/**
 * Commands that a person, or an agent that they talk to, can send to a running lab: the schema of a file in its inbox,
 * which is also the type. No request decides anything about a number. Knows nothing about files.
 */
import { z } from 'zod';
import { MAX_DIRECTION, MAX_DIRECTION_MINUTES } from './directions.ts';

/** Who brought notes from another loop: the brief shows them under a heading of their own. */
export const IMPORT_AUTHOR = 'import';

const experimentNumber = z.number().int().nonnegative();

/** Characters of what a proposer may say beside its change, and how many things it may name. */
export const MAX_SAID = {
  title: 80,
  mechanism: 120,
  expected: 200,
  risks: 300,
  nextIdea: 300,
  nextIdeas: 3,
  heeds: 50,
  because: 300,
} as const;
/** Experiments whose changes are tried together. */
const MAX_COMBINED = 8;
/** Experiments, and files, that a note may name. */
const MAX_NAMED = 8;

const saidLine = (maxLength: number) => z.string().trim().min(1).max(maxLength).optional();

/** What a proposer says beside its change: the note of an agent, as it stands in `proposed`. */
const ideaNoteSchema = z.strictObject({
  title: saidLine(MAX_SAID.title),
  mechanism: saidLine(MAX_SAID.mechanism),
  expected: saidLine(MAX_SAID.expected),
  effect: z.strictObject({ amount: z.number(), in: z.enum(['percent', 'metric']) }).optional(),
  risks: saidLine(MAX_SAID.risks),
  next: z.array(z.string().trim().min(1).max(MAX_SAID.nextIdea)).max(MAX_SAID.nextIdeas).optional(),
  heeds: z
    .array(z.string().regex(/^w\d{1,4}$/))
    .max(MAX_SAID.heeds)
    .optional(),
  simplifies: z.literal(true).optional(),
  model: saidLine(100),
  spent: z
    .strictObject({ tokens: z.number().int().nonnegative().optional(), usd: z.number().nonnegative().optional() })
    .optional(),
});

const saidFields = { hypothesis: z.string().trim().min(1).max(2000).optional(), note: ideaNoteSchema.optional() };

/** A request is recorded as it is, and in force from then on. */
export const labRequestSchema = z.discriminatedUnion('verb', [
  /** Words for whoever proposes; they stay in every brief until `forget`. */
  z.strictObject({ verb: z.literal('steer'), text: z.string().trim().min(1).max(2000) }),
  /** Forget all those words. */
  z.strictObject({ verb: z.literal('forget') }),
  /** Words for the record and the report, on experiment `n` or on the whole lab; nobody acts on them. */
  z.strictObject({
    verb: z.literal('note'),
    text: z.string().trim().min(1).max(4000),
    n: experimentNumber.optional(),
    /** What an agent learned, with what it rests on: later briefs show it until the code has moved on. */
    learned: z
      .strictObject({
        model: z.string().trim().min(1).max(100).optional(),
        experiments: z.array(experimentNumber).max(MAX_NAMED).optional(),
        files: z.array(z.string().min(1).max(1000)).max(MAX_NAMED).optional(),
      })
      .optional(),
  }),
  /** Mark experiment `n` for people to find again; nobody acts on it. */
  z.strictObject({ verb: z.literal('star'), n: experimentNumber }),
  /** Remove the mark. */
  z.strictObject({ verb: z.literal('unstar'), n: experimentNumber }),
  /** No new ideas until `resume`; what is open is finished first. */
  z.strictObject({ verb: z.literal('pause') }),
  /** End the pause. */
  z.strictObject({ verb: z.literal('resume') }),
  /** Stop after the current experiment. */
  z.strictObject({ verb: z.literal('stop') }),
  /** Give up experiment `n`, which is being measured; its verdict is inconclusive. */
  z.strictObject({ verb: z.literal('skip'), n: experimentNumber }),
  /** Measure experiment `n`, the incumbent when absent, once more. */
  z.strictObject({ verb: z.literal('replicate'), n: experimentNumber.optional() }),
  /** Test the claim of step `n`, of the incumbent when absent, now instead of when the session ends. */
  z.strictObject({ verb: z.literal('confirm'), n: experimentNumber.optional() }),
  /** Try idea `n` once more on the incumbent, however it ended. */
  z.strictObject({ verb: z.literal('pin'), n: experimentNumber }),
  /** Try the changes of several experiments together on the incumbent, as an idea of whoever asks. */
  z.strictObject({ verb: z.literal('combine'), of: z.array(experimentNumber).min(2).max(MAX_COMBINED), ...saidFields }),
  /** Try the change of experiment `n` again on the code of another one, the incumbent when absent. */
  z.strictObject({ verb: z.literal('retry'), n: experimentNumber, on: experimentNumber.optional(), ...saidFields }),
  /** Give up idea `n`, which is not decided yet, for a reason; its verdict is inconclusive, or it is refused. */
  z.strictObject({
    verb: z.literal('give-up'),
    n: experimentNumber,
    because: z.string().trim().min(1).max(MAX_SAID.because),
  }),
  /** Never build on idea `n`. If it was kept, the incumbent is again the one before it. */
  z.strictObject({ verb: z.literal('veto'), n: experimentNumber }),
  /** Ideas may start from the code of `n` too, where the manifest allows branches. */
  z.strictObject({ verb: z.literal('park'), n: experimentNumber }),
  /** Ideas may no longer start from it. */
  z.strictObject({ verb: z.literal('unpark'), n: experimentNumber }),
  /** Tell the other agents where the sender is looking, for so many minutes. */
  z.strictObject({
    verb: z.literal('claim-direction'),
    direction: z.string().trim().min(1).max(MAX_DIRECTION),
    minutes: z.number().positive().max(MAX_DIRECTION_MINUTES).optional(),
  }),
  /** Look there no longer; nowhere, where no direction is named. */
  z.strictObject({
    verb: z.literal('release-direction'),
    direction: z.string().trim().min(1).max(MAX_DIRECTION).optional(),
  }),
  /** What an agent may spend on the lab in all; every agent without a budget of its own, where none is named. */
  z.strictObject({
    verb: z.literal('budget'),
    agent: z.string().trim().min(1).max(100).optional(),
    ideas: z.number().int().nonnegative().optional(),
    tokens: z.number().int().nonnegative().optional(),
    usd: z.number().nonnegative().optional(),
  }),
]);

/** An idea from outside: new content by path, `null` deletes. Becomes an experiment like any other. */
const submissionSchema = z.strictObject({
  verb: z.literal('submit'),
  hypothesis: z.string().trim().min(1).max(2000),
  edits: z.record(z.string(), z.string().nullable()),
  /** The experiment whose files the edits were made on; the baseline when absent. */
  parent: experimentNumber.optional(),
  note: ideaNoteSchema.optional(),
});

/** A scratch try: the candidate runs for a few seconds and gives no number. Without edits the code of `parent` runs. */
const tryOutSchema = z.strictObject({
  verb: z.literal('try-out'),
  edits: z.record(z.string(), z.string().nullable()),
  parent: experimentNumber.optional(),
  guards: z.literal(true).optional(),
  profile: z.literal(true).optional(),
});

/** One file in the inbox; `wish` is its name in the ledger for ever. */
export const inboxEntrySchema = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9-]{8,64}$/),
  from: z.string().trim().min(1).max(100),
  wish: z.union([labRequestSchema, submissionSchema, tryOutSchema]),
});

export type LabRequest = Readonly<z.infer<typeof labRequestSchema>>;
export type IdeaNote = Readonly<z.infer<typeof ideaNoteSchema>>;
export type InboxEntry = Readonly<z.infer<typeof inboxEntrySchema>>;

/** Requests that no experiment waits for: they can be recorded whenever the ledger is free, also between sessions. */
const ANNOTATIONS = new Set(['note', 'star', 'unstar', 'claim-direction', 'release-direction', 'budget']);
export const isAnnotation = ({ verb }: { readonly verb: string }): boolean => ANNOTATIONS.has(verb);
