// Training speed: tokens per second of one reference model in the arena's engine, beside PyTorch where it is installed.
// Prints a table and, as its last line, one summary. Ratios of interleaved rounds, since other work may share the
// cores. Usage: tsx bench/train.ts [--rounds 3] [--steps 6] [--cpus 2] [--clock wall|cpu]; processor time is for busy
// machines and fair with --cpus 1 only: threads that spin while they wait use it up. With --tokenizer-mb 100 it trains
// tokenizers from that much text instead.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus as cpuList } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { tokenizeDocuments } from '../arenas/nano-llm/data/files.ts';
import { createPacker } from '../arenas/nano-llm/data/packing.ts';
import { createTokenizer, trainTokenizer } from '../arenas/nano-llm/data/tokenizer.ts';
import { peakMemoryMb } from '../arenas/nano-llm/lib/memory.ts';
import { measurePeakFlops } from '../arenas/nano-llm/lib/peak.ts';
import { buildReference, type ReferenceConfig, referenceFlopsPerToken } from './train-reference.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '6' },
    cpus: { type: 'string', default: '2' },
    clock: { type: 'string', default: 'wall' },
    child: { type: 'string' },
    'tokenizer-mb': { type: 'string' },
  },
});
const CPUS = Number(values.cpus);
/** Milliseconds of the wall, or of all threads over the cores. */
const nowMs = (): number => {
  const cpuUsage = process.cpuUsage();
  return values.clock === 'cpu' ? (cpuUsage.user + cpuUsage.system) / 1000 / CPUS : performance.now();
};
const scriptPath = fileURLToPath(import.meta.url);

const configOf = (width: number, optimizer: 'adamw' | 'muon'): ReferenceConfig => ({
  ...{ layers: 4, width, heads: 4, length: 256, batch: 8, vocab: 512, optimizer },
});
const medianOf = (numbers: readonly number[]): number =>
  [...numbers].sort((left, right) => left - right)[numbers.length >> 1] ?? Number.NaN;

/** A process of its own: milliseconds from its start to the end of set-up, and its peak memory after a few steps. */
async function runChild(width: number): Promise<void> {
  const model = await buildReference(configOf(width, 'adamw'), CPUS);
  const startMs = performance.now();
  for (let index = 0; index < 4; index++) await model.run(index);
  console.log(JSON.stringify({ startMs, memoryMb: peakMemoryMb() }));
}

function measureChild(width: number): { startMs: number; memoryMb: number } {
  const childArguments = ['--import', 'tsx', scriptPath, '--child', String(width), '--cpus', values.cpus];
  const workDir = join(dirname(scriptPath), '../arenas/nano-llm'); // where tsx is installed
  return JSON.parse(spawnSync(process.execPath, childArguments, { cwd: workDir, encoding: 'utf8' }).stdout);
}

interface TorchResult {
  readonly measureTorch: string;
  readonly tokens_per_second: number;
}
const PRECISIONS = ['float32', 'bfloat16'] as const;
type Precision = (typeof PRECISIONS)[number];

/** PyTorch at the thread count that suits it best: old builds can be slower with all threads than with one. */
function measureTorch(width: number, precision: Precision): TorchResult | null {
  const threadCounts = [...new Set([1, CPUS])];
  const results = threadCounts
    .map((threads) => measureTorchWith(width, threads, precision))
    .filter((result) => result !== null);
  return results.sort((left, right) => right.tokens_per_second - left.tokens_per_second)[0] ?? null;
}

function measureTorchWith(width: number, threads: number, precision: Precision): TorchResult | null {
  const script = join(dirname(scriptPath), 'train-torch.py');
  const modelSizes = ['4', String(width), '4', '256', '8', '512', String(Number(values.steps) + 3), String(threads)];
  const childArguments = [script, ...modelSizes, values.clock, precision];
  // OpenBLAS 0.3.21 does not know newer CPUs and takes a slow kernel on them; with AVX-512 this one is right.
  const hasAvx512 = /\bavx512f\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));
  const environment = { ...(hasAvx512 ? { OPENBLAS_CORETYPE: 'SKYLAKEX' } : {}), ...process.env };
  for (const pythonProgram of ['python3', '/usr/bin/python3']) {
    const torchRun = spawnSync(pythonProgram, childArguments, { encoding: 'utf8', env: environment });
    if (torchRun.status === 0) return JSON.parse(torchRun.stdout);
  }
  return null;
}

/** Text at hand: the declaration files of the TypeScript package. */
function readSomeText(): string[] {
  const libDir = dirname(createRequire(import.meta.url).resolve('typescript/lib/lib.dom.d.ts'));
  return readdirSync(libDir).flatMap((fileName) =>
    fileName.endsWith('.d.ts') ? [readFileSync(join(libDir, fileName), 'utf8')] : [],
  );
}

/** Megabytes a second of tokenizer training (vocabulary 1024), and rows' tokens a second of packing. */
function measureData(): { tokenizerMbS: number; loaderTokensS: number } {
  const texts = readSomeText();
  const megabytes = texts.reduce((totalBytes, text) => totalBytes + Buffer.byteLength(text), 0) / 1e6;
  const startedMs = performance.now();
  const tokenizer = createTokenizer(trainTokenizer(texts, 1024));
  const tokenizerMbS = megabytes / ((performance.now() - startedMs) / 1000);
  const paragraphs = texts.flatMap((text) => text.match(/[\s\S]{1,900}/g) ?? []);
  const packer = createPacker(tokenizeDocuments(paragraphs, tokenizer), 257, 1);
  const row = new Uint16Array(257);
  const packingStartedMs = performance.now();
  const rowCount = 20_000;
  for (let index = 0; index < rowCount; index++) packer.fillRow(row);
  return { tokenizerMbS, loaderTokensS: (rowCount * 257) / ((performance.now() - packingStartedMs) / 1000) };
}

/** Text of the packages that are installed here, source and documents alike, up to `mb` megabytes. */
function readPackageText(megabyteLimit: number): string[] {
  const packagesRoot = join(dirname(scriptPath), '../node_modules');
  const texts: string[] = [];
  let bytesLeft = megabyteLimit * 1e6;
  for (const entry of readdirSync(packagesRoot, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(md|[cm]?[jt]s|json)$/.test(entry.name)) continue;
    const text = readFileSync(join(entry.parentPath, entry.name), 'utf8');
    texts.push(text);
    bytesLeft -= Buffer.byteLength(text);
    if (bytesLeft <= 0) break;
  }
  return texts;
}

/** A process of its own: tokenizers of two sizes from much text, as `--dataset` would bring. */
function trainLargeTokenizers(megabytesWanted: number): void {
  const texts = readPackageText(megabytesWanted);
  const megabytes = texts.reduce((totalBytes, text) => totalBytes + Buffer.byteLength(text), 0) / 1e6;
  for (const vocabulary of [1024, 8192]) {
    const startedMs = performance.now();
    trainTokenizer(texts, vocabulary);
    const seconds = (performance.now() - startedMs) / 1000;
    const rate = `${(megabytes / seconds).toFixed(1)} MB/s`;
    console.log(
      `tokenizer of ${vocabulary} from ${megabytes.toFixed(0)} MB: ${seconds.toFixed(1)} s, ${rate}, peak memory ${peakMemoryMb().toFixed(0)} MB`,
    );
  }
}

interface Row {
  readonly name: string;
  readonly config: ReferenceConfig;
  readonly rates: number[];
  readonly shares: number[];
  readonly model: Awaited<ReturnType<typeof buildReference>>;
}

interface TorchRow {
  readonly width: number;
  readonly precision: Precision;
  readonly results: TorchResult[];
}

async function measureRounds(): Promise<{ rows: Row[]; torchRows: TorchRow[]; peaks: number[] }> {
  const rows: Row[] = [];
  for (const width of [128, 256]) {
    for (const optimizer of ['adamw', 'muon'] as const) {
      const config = configOf(width, optimizer);
      const model = await buildReference(config, CPUS);
      await model.run(0);
      rows.push({ name: `${optimizer} d${width}`, config, rates: [], shares: [], model });
    }
  }
  const torchRows = [128, 256].flatMap((width) =>
    PRECISIONS.map((precision): TorchRow => ({ width, precision, results: [] })),
  );
  const peaks: number[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const row of rows) {
      const peak = await measurePeakFlops(CPUS);
      peaks.push(peak);
      const times: number[] = [];
      for (let index = 0; index < Number(values.steps); index++) {
        const startedMs = nowMs();
        await row.model.run(1 + index);
        times.push((nowMs() - startedMs) / 1000);
      }
      const rate = (row.config.batch * row.config.length) / medianOf(times);
      row.rates.push(rate);
      row.shares.push((rate * referenceFlopsPerToken(row.config)) / peak);
    }
    for (const { width, precision, results } of torchRows) {
      const result = measureTorch(width, precision);
      if (result) results.push(result);
    }
  }
  return { rows, torchRows, peaks };
}

async function main(): Promise<void> {
  if (values.child) return runChild(Number(values.child));
  if (values['tokenizer-mb']) return trainLargeTokenizers(Number(values['tokenizer-mb']));
  const { rows, torchRows, peaks } = await measureRounds();
  const data = measureData();
  const cpuName = cpuList()[0]?.model ?? 'unknown';
  console.log(
    `${CPUS} threads of ${cpuName}; Node ${process.version}; large product ${(medianOf(peaks) / 1e9).toFixed(0)} GFLOP/s`,
  );
  console.log('model        tokens/s   ms/step   % of large product');
  const summary: Record<string, string> = {};
  for (const { name, config, rates, shares } of rows) {
    const rate = medianOf(rates);
    const stepMs = (1000 * config.batch * config.length) / rate;
    const share = 100 * medianOf(shares);
    console.log(
      `${name.padEnd(12)} ${rate.toFixed(0).padStart(8)} ${stepMs.toFixed(1).padStart(9)} ${share.toFixed(1).padStart(20)}`,
    );
    summary[`${name.replace(' ', '_')}_tok_s`] = rate.toFixed(0);
    summary[`${name.replace(' ', '_')}_of_peak_pct`] = share.toFixed(1);
  }
  for (const width of [128, 256]) {
    const ownRates = rows.find((row) => row.name === `adamw d${width}`)?.rates ?? [];
    const muonRates = rows.find((row) => row.name === `muon d${width}`)?.rates ?? [];
    summary[`muon_cost_d${width}_pct`] = (
      100 *
      (medianOf(ownRates.map((rate, index) => rate / (muonRates[index] ?? 1))) - 1)
    ).toFixed(0);
    for (const { precision, results } of torchRows.filter(
      (torchRow) => torchRow.width === width && torchRow.results.length > 0,
    )) {
      const ratio = medianOf(ownRates.map((rate, index) => rate / (results[index]?.tokens_per_second ?? Number.NaN)));
      const rate = medianOf(results.map((result) => result.tokens_per_second));
      const precisionText = precision === 'float32' ? 'eager float32' : 'eager with autocast to bfloat16';
      console.log(
        `torch d${width}   ${String(rate).padStart(8)}   (PyTorch ${results[0]?.measureTorch}, ${precisionText}, best of 1 and ${CPUS} threads; ours / theirs ${ratio.toFixed(2)})`,
      );
      summary[`vs_torch${precision === 'float32' ? '' : '_bf16'}_d${width}`] = ratio.toFixed(2);
    }
  }
  if (torchRows.every((torchRow) => torchRow.results.length === 0)) console.log('torch        not installed: no ratio');
  for (const width of [128, 256]) {
    const { startMs, memoryMb } = measureChild(width);
    console.log(
      `d${width}: ${(startMs / 1000).toFixed(2)} s from process start to first step, peak memory ${memoryMb.toFixed(0)} MB`,
    );
    summary[`start_d${width}_s`] = (startMs / 1000).toFixed(2);
    summary[`memory_d${width}_mb`] = memoryMb.toFixed(0);
  }
  const fastestRate = Math.max(...rows.map((row) => medianOf(row.rates)));
  console.log(
    `tokenizer training ${data.tokenizerMbS.toFixed(1)} MB/s; loader ${(data.loaderTokensS / 1e6).toFixed(1)} M tokens/s`,
  );
  summary.tokenizer_mb_s = data.tokenizerMbS.toFixed(1);
  summary.loader_ratio = (data.loaderTokensS / fastestRate).toFixed(0);
  console.log(
    `bench:train ${Object.entries(summary)
      .map(([key, value]) => `${key}=${value}`)
      .join(' ')}`,
  );
}

await main();
