/**
 * The kit for arenas: what evaluators and candidates need again and again. It is mounted read-only in every stage;
 * $OVERNIGHT_KIT names its folder. overnight_kit.py is the same for Python. kit.d.mts says what each function promises.
 */
import fs from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';

export * from './metrics.mjs';
export * from './tables.mjs';

const environment = process.env;

// Results

/** A file appears whole or not at all. */
function writeWhole(file, content) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(`${file}.tmp`, content);
  fs.renameSync(`${file}.tmp`, file);
}

function finiteText(name, value) {
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new Error(`${name} is ${value}: one finite number is wanted`);
  return String(value);
}

export function result(metrics, { samples, items: rows } = {}) {
  if (rows) items(rows);
  const lines = [`nonce: ${environment.OVERNIGHT_NONCE}`];
  for (const [name, value] of Object.entries(metrics)) lines.push(`${name}: ${finiteText(name, value)}`);
  if (samples) lines.push(`samples: ${samples.map((value) => finiteText('a sample', value)).join(' ')}`);
  writeWhole(environment.OVERNIGHT_RESULT, `${lines.join('\n')}\n`);
}

const quoteCell = (cell) => (/[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

export function items(rows) {
  // Blocks of one item each say nothing.
  const hasBlocks = new Set(rows.map(({ block }) => block)).size < rows.length && rows[0]?.block !== undefined;
  const hasWeights = rows[0]?.weight !== undefined;
  const columns = ['id', 'value', ...(hasBlocks ? ['block'] : []), ...(hasWeights ? ['weight'] : [])];
  const seen = new Set();
  const lines = rows.map((row) => {
    if (seen.size === seen.add(String(row.id)).size) throw new Error(`the item ${row.id} is there twice`);
    const isNumber = (column) => column === 'value' || column === 'weight';
    const textOf = (column) =>
      isNumber(column) ? finiteText(`${column} of item ${row.id}`, row[column]) : quoteCell(String(row[column]));
    return columns.map(textOf).join(',');
  });
  const text = [`# nonce: ${environment.OVERNIGHT_NONCE}`, columns.join(','), ...lines].join('\n');
  writeWhole(path.join(path.dirname(environment.OVERNIGHT_RESULT), 'items.csv'), `${text}\n`);
}

export function refuse(failureClass, message) {
  fs.writeSync(2, `${message}\novernight-failure: ${failureClass}\n`);
  process.exit(3);
}

// Questions and answers over the pipe: a letter (J for JSON, B for bytes), the length in four bytes, the content.

const HEAD_BYTES = 5;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** A program that printed something has made its pipe non-blocking: then wait a little and try again. */
function retry(transfer) {
  for (;;) {
    try {
      return transfer();
    } catch (thrown) {
      if (thrown.code !== 'EAGAIN') throw thrown;
      Atomics.wait(sleeper, 0, 0, 0.2);
    }
  }
}

function readFully(buffer) {
  for (let at = 0; at < buffer.length;) {
    const got = retry(() => fs.readSync(0, buffer, at, buffer.length - at, null));
    if (got === 0) return at;
    at += got;
  }
  return buffer.length;
}

function writeFully(buffer) {
  for (let at = 0; at < buffer.length;) at += retry(() => fs.writeSync(1, buffer, at, buffer.length - at));
}

function frame(value) {
  const isBytes = ArrayBuffer.isView(value);
  const content = isBytes
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(JSON.stringify(value ?? null));
  const framed = Buffer.allocUnsafe(HEAD_BYTES + content.length);
  framed[0] = isBytes ? 0x42 : 0x4a;
  framed.writeUInt32LE(content.length, 1);
  content.copy(framed, HEAD_BYTES);
  return framed;
}

/** Undefined at the end of the stream. `fail` is called with what is wrong. */
function readFrame(maxBytes, fail) {
  const head = Buffer.alloc(HEAD_BYTES);
  const got = readFully(head);
  if (got === 0) return undefined;
  const length = head.readUInt32LE(1);
  if (got < HEAD_BYTES || (head[0] !== 0x42 && head[0] !== 0x4a))
    return fail('is no framed message: does the program print to standard output?');
  if (length > maxBytes) return fail(`has ${length} bytes, at most ${maxBytes} are read`);
  const content = Buffer.from(new ArrayBuffer(length));
  if (readFully(content) < length) return fail('ends in the middle');
  return { isBytes: head[0] === 0x42, content };
}

const parseFrame = ({ isBytes, content }) => (isBytes ? content : JSON.parse(content.toString('utf8')));

/** Ends this process when a question stays open for too long: a blocked read cannot do it by itself. */
const WATCHER = `const fs = require('node:fs');
const { workerData: { shared, timeoutMs } } = require('node:worker_threads');
const state = new Int32Array(shared);
const sleeper = new Int32Array(new SharedArrayBuffer(4));
let [seen, since] = [0, process.hrtime.bigint()];
for (;;) {
  Atomics.wait(sleeper, 0, 0, Math.max(5, timeoutMs / 20));
  const open = Atomics.load(state, 0);
  if (open !== seen) [seen, since] = [open, process.hrtime.bigint()];
  else if (open > 0 && Number(process.hrtime.bigint() - since) / 1e6 > timeoutMs) {
    fs.writeSync(2, 'the candidate gave no answer to question ' + open + ' within ' + timeoutMs + ' ms\\n');
    process.kill(process.pid, 'SIGKILL');
  }
}`;
const watchers = new Map();

function watch(timeoutMs) {
  const known = watchers.get(timeoutMs);
  if (known) return known;
  const shared = new SharedArrayBuffer(4);
  new Worker(WATCHER, { eval: true, workerData: { shared, timeoutMs } }).unref();
  watchers.set(timeoutMs, new Int32Array(shared));
  return watchers.get(timeoutMs);
}

let questionsAsked = 0;

export function ask(question, { timeoutMs, maxBytes = 64e6 } = {}) {
  const number = ++questionsAsked;
  const fail = (problem) => refuse('data', `the candidate's answer to question ${number} ${problem}`);
  const framed = frame(question);
  const open = timeoutMs === undefined ? undefined : watch(timeoutMs);
  if (open) Atomics.store(open, 0, number);
  const started = process.hrtime.bigint();
  try {
    writeFully(framed);
  } catch (thrown) {
    if (thrown.code !== 'EPIPE') throw thrown; // it has ended; what it left is in the pipe
  }
  const answered = readFrame(maxBytes, fail);
  const ms = Number(process.hrtime.bigint() - started) / 1e6;
  if (open) Atomics.store(open, 0, 0);
  if (!answered) {
    fs.writeSync(2, `the candidate stopped answering at question ${number}\n`);
    process.exit(1);
  }
  try {
    return { answer: parseFrame(answered), ms };
  } catch {
    return fail('is not valid JSON');
  }
}

export function question({ maxBytes = 256e6 } = {}) {
  const asked = readFrame(maxBytes, (problem) => {
    throw new Error(`a question ${problem}`);
  });
  return asked && { question: parseFrame(asked) };
}

export const answer = (value) => writeFully(frame(value));

export async function serve(handler) {
  // What the program prints would be taken for an answer.
  Object.defineProperty(process, 'stdout', { get: () => process.stderr, configurable: true });
  fs.writeFileSync(environment.OVERNIGHT_START, '');
  for (let asked = question(); asked; asked = question()) answer(await handler(asked.question));
}

export async function predict(makeFiles, { config = {} } = {}) {
  const folder = environment.OVERNIGHT_OUT;
  fs.writeFileSync(environment.OVERNIGHT_START, '');
  const lines = Object.entries(config).map(([key, value]) => `${key}: ${value}\n`);
  if (lines.length > 0) writeWhole(path.join(folder, 'config.txt'), lines.join(''));
  for (const [name, content] of Object.entries(await makeFiles()))
    writeWhole(path.join(folder, name), ArrayBuffer.isView(content) ? content : String(content));
}

// Files

export function artefact(name, { maxBytes = 16e6, as = 'text' } = {}) {
  let file = environment.OVERNIGHT_ARTEFACT;
  for (const part of name.split('/')) {
    file = path.join(file, part);
    const stats = fs.lstatSync(file, { throwIfNoEntry: false });
    if (!stats) refuse('data', `the artefact ${name} is missing`);
    if (stats.isSymbolicLink()) refuse('data', `the artefact ${name} is a link`);
  }
  const descriptor = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
  const stats = fs.fstatSync(descriptor);
  if (!stats.isFile()) refuse('data', `the artefact ${name} is no plain file`);
  if (stats.size > maxBytes) refuse('data', `the artefact ${name} has ${stats.size} bytes, at most ${maxBytes}`);
  const bytes = fs.readFileSync(descriptor);
  fs.closeSync(descriptor);
  if (as === 'bytes') return bytes;
  if (as === 'text') return bytes.toString('utf8');
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return refuse('data', `the artefact ${name} is not valid JSON`);
  }
}
