/** What the kit for arenas promises. `const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`)`. */

/** What goes over the pipe: JSON, or bytes. Bytes arrive as a Buffer at the start of an ArrayBuffer of their own. */
export type Message = unknown;

/** One outcome, as docs/arena.md describes `items.csv`. */
export interface Item {
  readonly id: string | number;
  /** In the unit of the metric. */
  readonly value: number;
  /** What the item shares with others: the day, the document. In all items or in none. */
  readonly block?: string | number;
  /** For `decide.items.aggregate: ratio`. */
  readonly weight?: number;
}

// For evaluators.

/**
 * Writes the result with the nonce of this measurement, whole or not at all: the metric and secondary metrics by name.
 * Throws where one is not a finite number.
 */
export function result(
  metrics: Readonly<Record<string, number>>,
  options?: { readonly samples?: readonly number[]; readonly items?: readonly Item[] },
): void;

/**
 * Writes items.csv beside the result, without blocks where each has one item. Throws where an id is there twice or a number is not finite. */
export function items(rows: readonly Item[]): void;

/**
 * Ends the evaluator: the artefact or an answer is not acceptable. Proposers read the message, so it must hold no
 * label.
 */
export function refuse(failureClass: 'data' | 'nan' | 'out-of-memory' | 'shape' | 'import', message: string): never;

/**
 * Asks the candidate over the pipe. `ms` is the time from before the question was sent until its answer was read, in
 * milliseconds, by this process's clock. Ends the evaluator where the candidate stops answering, takes longer than
 * `timeoutMs`, or answers with more than `maxBytes` (64 MB) or with something that is no message.
 */
export function ask(
  question: Message,
  options?: { readonly timeoutMs?: number; readonly maxBytes?: number },
): { readonly answer: any; readonly ms: number };

/**
 * Reads a file of the artefact. Ends the evaluator with class `data` where it is missing, a link, no plain file or
 * larger than `maxBytes` (16 MB), or, with `as: 'json'`, where it is no JSON.
 */
export function artefact(name: string, options?: { readonly maxBytes?: number; readonly as?: 'text' }): string;
export function artefact(name: string, options: { readonly maxBytes?: number; readonly as: 'bytes' }): Buffer;
export function artefact(name: string, options: { readonly maxBytes?: number; readonly as: 'json' }): any;

// For candidates.

/** Creates the start file, then answers every question by `handler` until there are no more. */
export function serve(handler: (question: any) => Message | Promise<Message>): Promise<void>;

/** The next question, undefined when there are no more. `serve` is made of this and `answer`. */
export function question(options?: { readonly maxBytes?: number }): { readonly question: any } | undefined;
export function answer(value: Message): void;

/**
 * Creates the start file, echoes `config`, then writes the files that `makeFiles` returns by name into $OVERNIGHT_OUT,
 * each whole or not at all.
 */
export function predict(
  makeFiles: () =>
    Readonly<Record<string, string | Uint8Array>> | Promise<Readonly<Record<string, string | Uint8Array>>>,
  options?: { readonly config?: Readonly<Record<string, string | number>> },
): Promise<void>;

// For both.

export interface Chance {
  /** A number in [0, 1). */
  uniform(): number;
  /** A whole number from 0 to `bound` − 1. */
  below(bound: number): number;
  /** Of the standard normal distribution. */
  normal(): number;
  /** A copy in another order. */
  shuffle<T>(values: readonly T[]): T[];
  pick<T>(values: readonly T[]): T;
}

/** Seeded chance (mulberry32), the same in both languages. Without a seed: $OVERNIGHT_SEED. */
export function rng(seed?: number): Chance;

export interface CsvOptions {
  /** The columns that are read, and what their cells are. Other columns are ignored. */
  readonly columns: Readonly<Record<string, 'text' | 'number' | 'integer'>>;
  /** What errors call the table. */
  readonly name?: string;
  /** Default: a comma. */
  readonly separator?: string;
  /** A column in which no value is there twice. */
  readonly unique?: string;
  /** A column in which every value is larger than the one before, such as a time. */
  readonly ascending?: string;
  /** A column that must have two values at least. */
  readonly classes?: string;
  readonly minRows?: number;
}

/**
 * Rows of a table with a header. Throws one clear error, with the number of the line: a missing column, another
 * separator, a cell that is no number, a row with too many cells, a doubled id, times out of order, one class only.
 */
export function csv(text: string, options: CsvOptions): Record<string, any>[];

/** A column's name, or a function of a row. */
export type Key<Row> = keyof Row | ((row: Row) => unknown);

/** Parts by name, of about these shares of the rows. All rows of a group are in one part. */
export function groupSplit<Row, Part extends string>(
  rows: readonly Row[],
  group: Key<Row>,
  shares: Readonly<Record<Part, number>>,
  seed?: number,
): Record<Part, Row[]>;

/** Parts by name in the order of time. Rows of one time are in one part. Throws where the rows are out of order. */
export function timeSplit<Row, Part extends string>(
  rows: readonly Row[],
  time: Key<Row>,
  shares: Readonly<Record<Part, number>>,
): Record<Part, Row[]>;

/** Throws where a value of `key` is in more than one part, and names the first three: that leaks answers. */
export function requireDisjoint<Row>(parts: Readonly<Record<string, readonly Row[]>>, key: Key<Row>): void;

// Metrics. All throw on empty lists, lists of different lengths, and predictions that are not finite numbers.

export function mean(values: readonly number[]): number;
/** Normalised discounted cumulative gain of the first `k` ids (10), linear gains. A repeated id counts once. */
export function ndcg(ranking: readonly string[], relevance: Readonly<Record<string, number>>, k?: number): number;
/** Area under the ROC curve; equal scores count half. Labels are 1 and anything else. */
export function auc(scores: readonly number[], labels: readonly number[]): number;
/** Mean of −ln of the probability that the truth was given, bounded by `epsilon` (1e-15). */
export function logLoss(probabilities: readonly number[], labels: readonly number[], epsilon?: number): number;
/** Mean Poisson deviance of predicted counts, which must be above 0. */
export function poissonDeviance(predictions: readonly number[], counts: readonly number[]): number;
/** Mean absolute percentage error, in per cent. */
export function mape(forecasts: readonly number[], actuals: readonly number[]): number;
/** How many times as many positives the best `share` (0.1) holds as chance would. Ties count by their expectation. */
export function enrichment(scores: readonly number[], labels: readonly number[], share?: number): number;
/** F1 of one class (1); 0 where it is neither named nor true. */
export function f1<T>(predictions: readonly T[], labels: readonly T[], positive?: T): number;
/** Mean F1 over the classes of the labels. */
export function macroF1<T>(predictions: readonly T[], labels: readonly T[]): number;
