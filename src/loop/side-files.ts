/**
 * Files that untrusted code leaves beside its result: small regular files only, links and larger ones count as absent.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

const MAX_SIDE_FILE_BYTES = 1 << 20;

export function readSideFile(folder: string, fileName: string): string | undefined {
  const filePath = path.join(folder, fileName);
  const fileStats = fs.lstatSync(filePath, { throwIfNoEntry: false });
  if (!fileStats?.isFile() || fileStats.size > MAX_SIDE_FILE_BYTES) return undefined;
  return fs.readFileSync(filePath, 'utf8');
}

/** The configuration that a candidate says it ran with. */
export const readConfig = (outDir: string): string | undefined => readSideFile(outDir, 'config.txt');

/** The numbers that a candidate reports over time, as CSV. */
export const readCurve = (outDir: string): string | undefined => readSideFile(outDir, 'curve.csv');

/** What an evaluator wrote; empty where it wrote nothing. */
export const readResultFile = (resultDir: string): string => readSideFile(resultDir, 'result.txt') ?? '';
