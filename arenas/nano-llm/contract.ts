// The agreement between candidate and judge: what an artefact must look like. Frozen; both sides import it.
// Knows nothing of training. Change it only with the data and the evaluator, and as a new arena version.

/** Tokens in one row of text, for training by default and for evaluation always. */
export const SEQ_LEN = 256;
/** Byte-pair vocabulary: 256 bytes, merges, and one special token (BOS, the last id). */
export const VOCAB_SIZE = 1024;
/**
 * Rows in one run of the artefact: its input is `tokens` int32 [8, 256], its output `logits` float32 [8, 256, 1024].
 */
export const EVAL_BATCH = 8;
/** Rows of validation text that are scored, each document at most once. */
export const EVAL_ROWS = 448;
/** Rows of the holdout, which only confirmed champions meet. */
export const HOLDOUT_ROWS = 128;
/** The artefact's largest size. The baseline's is about 8 MB. */
export const MAX_ARTEFACT_BYTES = 128 * 1024 * 1024;
