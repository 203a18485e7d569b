/**
 * The manifest of an arena: what may change, what is frozen, how it is scored. The schema is the type, the check and
 * the generated table in docs/arena.md. Knows nothing about where the file lies or what it is going to be used for.
 */
import { z } from 'zod';
import { modelSchema } from './model-rules.ts';
import { gallerySchema } from './gallery.ts';
import { profileSchema } from './profile-schema.ts';
import { globsSchema, readSchema } from './reading/metric-schema.ts';
import { requiresSchema } from './requires.ts';

/** Version of the decision rules. Labs of earlier versions can be replayed, viewed and reported, not continued. */
export const RULES_VERSION = 4;

const nameSchema = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/, 'letters, digits, . _ - only, at most 64, not starting with a digit');

const commandSchema = z.string().min(1).describe('a line for `sh -c`, run in the arena folder');

const entrySchema = z.string().regex(/^[^/\\]+$/, 'a top-level name, without slashes');

const relativeSchema = z.string().regex(/^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$))[^\\\0]+$/, 'a relative path without `..`');

const positiveSchema = z.number().positive();

const knobBase = {
  name: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .describe('the constant as it is called in the file'),
  file: z.string().min(1).describe('an editable file that sets the constant exactly once, on a line of its own'),
  when: z
    .strictObject({ knob: z.string(), in: z.array(z.union([z.string(), z.number()])).min(1) })
    .optional()
    .describe('tried only while a knob above has one of these values'),
};

const rangeSchema = z
  .tuple([z.number(), z.number()])
  .refine(([low, high]) => low < high, 'the lower end must be below the upper end')
  .describe('lowest and highest value, both allowed');

const knobSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ ...knobBase, kind: z.literal('float'), range: rangeSchema, log: z.boolean().default(false) }),
    z.strictObject({ ...knobBase, kind: z.literal('int'), range: rangeSchema, log: z.boolean().default(false) }),
    z.strictObject({ ...knobBase, kind: z.literal('pow2'), range: rangeSchema }),
    z.strictObject({
      ...knobBase,
      kind: z.literal('choice'),
      values: z.array(z.union([z.string(), z.number()])).min(2),
    }),
  ])
  .superRefine((knob, context) => {
    const addIssue = (message: string): void => context.addIssue({ code: 'custom', path: ['range'], message });
    if (knob.kind === 'choice') return;
    const [low, high] = knob.range;
    if ('log' in knob && knob.log && low <= 0) addIssue(`a log scale needs a lower end above 0, got ${low}`);
    if (knob.kind === 'int' && !(Number.isInteger(low) && Number.isInteger(high)))
      addIssue('both ends must be whole numbers');
    const isPowerOfTwo = (value: number): boolean => value >= 1 && Number.isInteger(Math.log2(value));
    if (knob.kind === 'pow2' && !(isPowerOfTwo(low) && isPowerOfTwo(high))) addIssue('both ends must be powers of two');
  });

const constraintSchema = z
  .strictObject({
    metric: nameSchema.describe(
      'a secondary metric, or one that the harness measures: memory_mb, wall_s, cpu_s, sample_sd (stability: the spread of the samples)',
    ),
    max: z.number().optional(),
    min: z.number().optional(),
    relative: z
      .boolean()
      .default(false)
      .describe('true: `max` and `min` are factors of the value of the version that the candidate was built on'),
    hard: z.boolean().default(true).describe('false: only reported, under Health'),
  })
  .refine((constraint) => constraint.max !== undefined || constraint.min !== undefined, 'needs `max` or `min`');

const itemsSchema = z.strictObject({
  aggregate: z
    .enum(
      ['mean', 'ratio'],
      'mean or ratio; other aggregates (F1, AUC, medians) cannot be resampled, see docs/arena.md',
    )
    .default('mean')
    .describe('`mean` of the values; `ratio`: the sum of the values over the sum of the weights'),
});

export const arenaSchema = z.strictObject({
  overnight: z.literal(1).describe('version of this format'),
  name: nameSchema,
  description: z.string().optional(),
  metric: z.strictObject({
    name: nameSchema,
    direction: z.enum(['minimize', 'maximize']),
    unit: z.string().default(''),
    plausible: z
      .strictObject({ min: z.number().optional(), max: z.number().optional() })
      .optional()
      .describe('a number outside is a failure of the measurement, not a result'),
    read: readSchema
      .optional()
      .describe(
        'how the number is found in what the candidate prints, where there is no `evaluate`; `wall_s`, `cpu_s` and `memory_mb`, which the harness measures of the candidate, also where there is one',
      ),
    taken_by: z
      .enum(['evaluator', 'candidate'])
      .optional()
      .describe(
        'whose process takes the number that the evaluator reports: `evaluator`, by a clock or a score of its own; `candidate`, which sends it. Absent with `join: pipe`: not known, and the grade is not sealed',
      ),
  }),
  editable: globsSchema
    .min(1)
    .describe('files that candidates may change, `!pattern` takes files out again; everything else is frozen'),
  frozen: globsSchema.default([]).describe('frozen files that must exist; overlapping `editable` is an error'),
  hidden: globsSchema
    .default([])
    .describe('frozen files that neither candidates nor agents may see (the evaluator, its data)'),
  setup: z
    .strictObject({
      command: commandSchema,
      key: globsSchema.min(1).describe('files whose content decides whether setup must run again (lockfiles)'),
      visible: z
        .array(entrySchema)
        .default([])
        .describe('entries of $OVERNIGHT_DEPS that candidates see, also linked into their folder'),
    })
    .optional(),
  prepare: z.strictObject({ command: commandSchema, network: z.boolean().default(false) }).optional(),
  requires: requiresSchema.optional(),
  data: z
    .strictObject({
      from: relativeSchema
        .optional()
        .describe(
          'a folder of the arena that holds the data, instead of `prepare`: its files become $OVERNIGHT_DATA, `.gz` unpacked, `SHA256SUMS` checked; it is always hidden',
        ),
      candidate: z.array(entrySchema).default([]).describe('entries of $OVERNIGHT_DATA that candidates see'),
      evaluator: z.array(entrySchema).default([]).describe('entries that only the evaluator sees'),
    })
    .default({ candidate: [], evaluator: [] }),
  run: z.strictObject({
    command: commandSchema,
    writable: z
      .boolean()
      .optional()
      .describe('true: the candidate’s own folder can be written, for programs that build beside their sources'),
  }),
  artefact: z.array(z.string().min(1)).default([]).describe('files that a candidate must leave in $OVERNIGHT_OUT'),
  evaluate: z
    .strictObject({
      command: commandSchema,
      join: z
        .enum(['artefact', 'pipe'])
        .default('artefact')
        .describe('pipe: candidate and evaluator run together, joined by pipes'),
      wall_s: positiveSchema.default(120).describe('hard limit of the evaluator, seconds'),
    })
    .optional()
    .describe('without it the candidate prints `name: value` itself, and the trust grade is guarded or reported'),
  holdout: z
    .strictObject({
      command: commandSchema,
      data: z
        .array(entrySchema)
        .min(1)
        .optional()
        .describe('entries of $OVERNIGHT_DATA that make up the split; missing ones stop the lab'),
      hidden: globsSchema
        .min(1)
        .optional()
        .describe('hidden files that only `prepare` and this evaluator see, not the evaluator of validation'),
      wall_s: positiveSchema.default(120).describe('hard limit, seconds'),
      reads: z.number().int().min(2).max(1000).default(20).describe('how often it may be asked in one lab'),
    })
    .optional()
    .describe('a second evaluator, hidden from proposers; it scores the baseline and confirmed champions alone'),
  budget: z.strictObject({
    seconds: positiveSchema.describe('training clock, seconds of what `clock` says'),
    clock: z
      .enum(['wall', 'cpu'])
      .optional()
      .describe(
        '`cpu`: the training clock counts processor time of the whole process tree, all cores added up, so that a busy machine takes longer and changes less; absent: `wall`',
      ),
    steps: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('fixed amount of work, told to the candidate; `seconds` still ends it'),
    grace_s: z.number().min(0).default(5).describe('start-up that does not count, seconds on the same clock'),
    wall_s: positiveSchema.describe('hard limit of the candidate, seconds of the wall'),
  }),
  minimum: z
    .strictObject({
      seconds: positiveSchema
        .optional()
        .describe('a candidate that ended sooner after its start has not done the work'),
      metrics: z
        .record(nameSchema, z.number())
        .default({})
        .describe('secondary metrics of the evaluator and the least they may be'),
    })
    .optional()
    .describe('work without which a number is no result'),
  screen: z
    .strictObject({
      seconds: positiveSchema.describe('training clock of the screening run, below budget.seconds'),
      ranks: z
        .boolean()
        .optional()
        .describe('true: screening runs rank ideas as full runs do, so that only the best share is measured in full'),
      one_in: z
        .number()
        .int()
        .min(2)
        .max(10)
        .optional()
        .describe('with `ranks`: one of so many screened ideas is measured in full; 3 when absent'),
    })
    .optional()
    .describe('a screening run of every idea first: an idea that crashes or diverges in it costs no whole budget'),
  seeds: z
    .strictObject({
      first: z.number().int().positive().default(1),
      fixed: z.boolean().default(false).describe('true: every measurement gets `first`'),
    })
    .default({ first: 1, fixed: false }),
  calibrate: z.strictObject({ replicates: z.number().int().min(2).max(100).default(5) }).default({ replicates: 5 }),
  resources: z
    .strictObject({
      cpus: z.number().int().positive().default(1),
      memory_mb: positiveSchema.default(2048),
      gpus: z.number().int().min(0).default(0),
      exclusive: z
        .boolean()
        .optional()
        .describe('measurements disturb each other, as those of time do: no two at once on one machine'),
      pids: z.number().int().positive().default(128),
      disk_mb: positiveSchema.default(1024),
    })
    .prefault({}),
  model: modelSchema
    .optional()
    .describe('a language model that the candidate or the evaluator asks through a socket; the network stays shut'),
  sandbox: z
    .strictObject({
      read: z
        .array(z.string())
        .default([])
        .describe('further absolute paths to show read-only (toolchains outside /usr)'),
      home: z
        .array(relativeSchema)
        .optional()
        .describe(
          'entries of your home folder to show read-only in the sandbox’s home, such as `.cache/huggingface/hub`',
        ),
      installed: z
        .array(entrySchema)
        .optional()
        .describe(
          'entries of the arena’s folder that are shown as they are there, read-only and not copied: node_modules, .venv',
        ),
    })
    .prefault({}),
  constraints: z.array(constraintSchema).default([]),
  penalties: z
    .array(
      z.strictObject({
        metric: nameSchema,
        weight: positiveSchema.describe('units of the first metric that one of it is worth'),
      }),
    )
    .optional()
    .describe(
      'each makes the deciding number worse by weight times metric: sample_sd for stability across seeds or days',
    ),
  guards: z
    .array(
      z.strictObject({
        name: nameSchema,
        command: commandSchema,
        wall_s: positiveSchema.default(60).describe('hard limit, seconds'),
        early: z
          .boolean()
          .optional()
          .describe('true: runs before the first measurement of each candidate, not only on one about to be a step'),
      }),
    )
    .default([])
    .describe('commands that must exit 0 on a candidate before it can be a step'),
  profile: profileSchema,
  decide: z
    .strictObject({
      rule: z.enum(['margin', 'greedy', 'paired', 'sequential', 'items']).default('margin'),
      items: itemsSchema.optional().describe('how `rule: items` adds the items up'),
      rules: z
        .literal(RULES_VERSION)
        .default(RULES_VERSION)
        .describe('version of the decision rules; a lab of another version can be read, not continued'),
      controls: z
        .number()
        .min(0)
        .max(0.5)
        .default(0.01)
        .describe('share of A/A controls: the unchanged incumbent measured as if it were an idea'),
      bundle: z
        .number()
        .int()
        .min(0)
        .max(8)
        .default(0)
        .describe('near misses that are tried together as one idea; 0 = never'),
      drift: z
        .number()
        .int()
        .min(0)
        .max(100_000)
        .default(60)
        .describe('ideas between two looks for drift: baseline and champion measured again; 0 = never'),
      parameters: nameSchema
        .optional()
        .describe('secondary metric that counts parameters: a change with fewer of them needs no margin'),
      replicates: z
        .number()
        .int()
        .min(1)
        .max(20)
        .default(1)
        .describe(
          'measurements of each idea before its verdict under `margin`; a claim takes as many times its fresh measurements',
        ),
      max_replicates: z
        .number()
        .int()
        .min(1)
        .max(50)
        .default(3)
        .describe('measurements of one candidate before it is called inconclusive'),
    })
    .prefault({})
    .describe('how measurements become a verdict, see docs/measurement.md'),
  search: z
    .strictObject({
      branches: z
        .number()
        .int()
        .min(1)
        .max(8)
        .default(1)
        .describe(
          'live bases that ideas may start from on a plateau, the incumbent among them; 1 = the incumbent alone',
        ),
    })
    .optional(),
  front: z
    .array(z.strictObject({ metric: nameSchema, direction: z.enum(['minimize', 'maximize']) }))
    .max(4)
    .optional()
    .describe(
      'further metrics beside the first: experiments that no other beats in all of them are shown as the front, and are live bases where there are branches',
    ),
  knobs: z.array(knobSchema).default([]),
  knob_rules: z
    .array(z.string().min(1))
    .optional()
    .describe('comparisons that every point of the optimizer must satisfy: "WIDTH % HEAD_DIM == 0"'),
  try: z
    .strictObject({
      experiments: z.number().int().positive().default(12),
      minutes: positiveSchema.default(9),
      seconds: positiveSchema.optional().describe('training clock of a try, where budget.seconds is too long for one'),
    })
    .prefault({})
    .describe('what `overnight try NAME` does with a shipped arena'),
  gallery: gallerySchema,
  notes: z.string().optional(),
});

export type Arena = z.infer<typeof arenaSchema>;

export type Knob = z.infer<typeof knobSchema>;

/** How the number is found in a program's output. */
export type MetricRead = z.infer<typeof readSchema>;

export type MetricConstraint = z.infer<typeof constraintSchema>;

/** Measurements of an idea before its verdict under `margin`. A ledger of earlier rules names none. */
export const replicatesOf = ({ decide }: { readonly decide: { readonly replicates?: number } }): number =>
  decide.replicates ?? 1;

/** +1 when larger is better. Multiplying by it turns every metric into "larger is better". */
export const signOf = (arena: Pick<Arena, 'metric'>): 1 | -1 => (arena.metric.direction === 'maximize' ? 1 : -1);
