/** Copies an arena's own data to where the stages look for them: `.gz` unpacked, hashes checked. Follows no links. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { reasonOf } from '../base/error.ts';
import { HASH_FILE, unpackedName } from '../core/vendored-data.ts';
import { readText } from '../os/files.ts';
import { hashLargeFile } from '../os/trees.ts';

/** Bytes of one unpacked file: far above any data that fit into an arena, far below a disk. */
const MAX_UNPACKED_BYTES = 2 ** 32;

/** Undefined when all is there, else what is wrong, in words that go on a sentence. */
export async function unpackVendoredData(fromDir: string, toDir: string): Promise<string | undefined> {
  const names = fs
    .readdirSync(fromDir, { recursive: true, encoding: 'utf8' })
    .filter((name) => !fs.lstatSync(path.join(fromDir, name)).isDirectory());
  const link = names.find((name) => !fs.lstatSync(path.join(fromDir, name)).isFile());
  if (link !== undefined) return `the entry ${link} is a link, and data must be files`;
  const problem = checkHashes(fromDir, names);
  if (problem !== undefined) return problem;
  for (const name of names.filter((entry) => entry !== HASH_FILE)) {
    const target = path.join(toDir, unpackedName(name));
    fs.mkdirSync(path.dirname(target), { recursive: true });
    if (!name.endsWith('.gz')) fs.copyFileSync(path.join(fromDir, name), target);
    else {
      const unpackProblem = await unpack(path.join(fromDir, name), target);
      if (unpackProblem !== undefined) return `the file ${name} cannot be unpacked: ${unpackProblem}`;
    }
  }
  return undefined;
}

async function unpack(packedFile: string, target: string): Promise<string | undefined> {
  let size = 0;
  const bound = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > MAX_UNPACKED_BYTES) done(new Error(`it has more than ${MAX_UNPACKED_BYTES / 1e9} GB`));
      else done(null, chunk);
    },
  });
  try {
    await pipeline(fs.createReadStream(packedFile), createGunzip(), bound, fs.createWriteStream(target));
    return undefined;
  } catch (thrown) {
    return reasonOf(thrown);
  }
}

function checkHashes(fromDir: string, names: readonly string[]): string | undefined {
  const hashText = readText(path.join(fromDir, HASH_FILE));
  if (hashText === undefined) return undefined;
  for (const [i, line] of hashText.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, expected, name] = /^([0-9a-fA-F]{64}) [ *](.+)$/.exec(line) ?? [];
    if (expected === undefined || name === undefined)
      return `line ${i + 1} of ${HASH_FILE} is not "HASH  NAME" as sha256sum writes it: ${JSON.stringify(line.slice(0, 80))}`;
    const fileName = name.replace(/^\.\//, '');
    if (!names.includes(fileName)) return `the list ${HASH_FILE} names ${fileName}, which is not there`;
    const file = path.join(fromDir, fileName);
    const found = hashLargeFile(file, fs.statSync(file).size);
    if (found !== expected.toLowerCase())
      return `the file ${fileName} is another file than ${HASH_FILE} says: its SHA-256 begins with ${found.slice(0, 12)}, not with ${expected.slice(0, 12).toLowerCase()}`;
  }
  return undefined;
}
