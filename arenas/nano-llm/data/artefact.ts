// What an artefact may contain: a plain, self-contained ONNX graph from tokens to logits, of listed operators only.
// Knows nothing of its weights' values. Does not protect against bugs in ONNX Runtime itself; the sandbox is for that.

import { EVAL_BATCH, SEQ_LEN, VOCAB_SIZE } from '../contract.ts';
import { type ModelSummary, summarizeModel } from '../tensor/onnx.ts';

/** Pure functions of their inputs: no control flow, no randomness, no state, no custom domain. */
const ALLOWED = new Set(
  (
    'Abs Add And ArgMax Cast Ceil Clip Concat Cos CumSum Div Einsum Elu Equal Erf Exp Expand Floor Gather ' +
    'GatherElements Gelu Gemm Greater GreaterOrEqual HardSigmoid Identity LayerNormalization LeakyRelu Less LessOrEqual ' +
    'Log LogSoftmax MatMul Max Mean Min Mod Mul Neg Not Or Pad Pow Reciprocal ReduceL2 ReduceLogSumExp ReduceMax ' +
    'ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Round ScatterElements Selu Sigmoid Sign Sin ' +
    'Slice Softmax Softplus Softsign Split Sqrt Squeeze Sub Sum Tanh Tile TopK Transpose Trilu Unsqueeze Where Xor'
  ).split(' '),
);
/** Why an artefact is refused; with a class where it is one that the harness knows. */
export class ArtefactError extends Error {
  override readonly name = 'ArtefactError';
  readonly failure: 'nan' | 'shape' | null;
  constructor(message: string, failure: 'nan' | 'shape' | null = null) {
    super(message);
    this.failure = failure;
  }
}

const FLOAT32 = 1;
const INT32 = 6;

function requireOnlyValue(
  values: ModelSummary['inputs'],
  description: string,
  name: string,
  type: number,
  shape: readonly number[],
): void {
  const [value] = values;
  const isAsWanted =
    values.length === 1 && value?.name === name && value.typeCode === type && value.shape.join() === shape.join();
  if (isAsWanted) return;
  const seenText =
    values.map((value) => `${value.name} [${value.shape.join(', ')}] of type ${value.typeCode}`).join('; ') || 'none';
  throw new ArtefactError(
    `artefact: the ${description} must be only ${name} [${shape.join(', ')}] of type ${type}, not ${seenText}. Export it so.`,
    'shape',
  );
}

/** Throws one clear message when the file is not an allowed artefact; tells the number of float weights. */
export function checkArtefact(file: Uint8Array): { readonly params: number } {
  let model: ModelSummary;
  try {
    model = summarizeModel(file);
  } catch (error) {
    throw new ArtefactError(
      `artefact: model.onnx is not a readable ONNX file (${error instanceof Error ? error.message : error}).`,
    );
  }
  if (model.forbidden.length > 0) {
    throw new ArtefactError(`artefact: model.onnx has ${model.forbidden[0]}. Keep everything inside one plain graph.`);
  }
  for (const { op, domain, hasSubgraph } of model.ops) {
    const isPlain = (domain === '' || domain === 'ai.onnx') && ALLOWED.has(op) && !hasSubgraph;
    if (!isPlain)
      throw new ArtefactError(
        `artefact: operator ${domain ? `${domain}.` : ''}${op} is not allowed. Use plain operators.`,
      );
  }
  // An initializer may also be listed as an input (old style); the judge wants the one true input only.
  requireOnlyValue(model.inputs, 'input', 'tokens', INT32, [EVAL_BATCH, SEQ_LEN]);
  requireOnlyValue(model.outputs, 'output', 'logits', FLOAT32, [EVAL_BATCH, SEQ_LEN, VOCAB_SIZE]);
  return {
    params: model.weights
      .filter((weight) => weight.typeCode === FLOAT32)
      .reduce((total, weight) => total + weight.size, 0),
  };
}
