/**
 * Files that untrusted code leaves beside its result: small regular files only, links and larger ones count as absent.
 */
import { readSmallFile } from '../os/left-files.ts';

const MAX_SIDE_FILE_BYTES = 1 << 20;

export const readSideFile = (folder: string, fileName: string, maxBytes = MAX_SIDE_FILE_BYTES): string | undefined =>
  readSmallFile(folder, fileName, maxBytes)?.toString('utf8');

/** The configuration that a candidate says it ran with. */
export const readConfig = (outDir: string): string | undefined => readSideFile(outDir, 'config.txt');

/** The numbers that a candidate reports over time, as CSV. */
export const readCurve = (outDir: string): string | undefined => readSideFile(outDir, 'curve.csv');

/** What an evaluator wrote; empty where it wrote nothing. */
export const readResultFile = (resultDir: string): string => readSideFile(resultDir, 'result.txt') ?? '';
