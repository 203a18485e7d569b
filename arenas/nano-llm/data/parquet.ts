// Reads the text column of a parquet file, row group by row group. Knows nothing of where the file came from.

import { basename } from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { DataError } from './files.ts';

/** Yields every text of `column`. A damaged or foreign file ends in one clear message that names it. */
export async function* readTexts(path: string, column = 'text'): AsyncGenerator<string> {
  const brokenFileError = (problem: string): DataError =>
    new DataError(`parquet: ${basename(path)} ${problem}. Remove the file and run prepare again.`);
  const describeError = (error: unknown): string => (error instanceof Error ? error.message : String(error));
  const file = await asyncBufferFromFile(path);
  let metadata: Awaited<ReturnType<typeof parquetMetadataAsync>>;
  try {
    metadata = await parquetMetadataAsync(file);
  } catch (error) {
    throw brokenFileError(`is damaged or cut short (${describeError(error)})`);
  }
  const names = metadata.schema.map((element) => element.name);
  if (!names.includes(column)) throw brokenFileError(`has no column "${column}", only ${names.slice(1).join(', ')}`);
  let rowStart = 0;
  for (const rowGroup of metadata.row_groups) {
    const rowEnd = rowStart + Number(rowGroup.num_rows);
    let rows: Record<string, unknown>[];
    try {
      rows = await parquetReadObjects({ file, metadata, columns: [column], rowStart, rowEnd, compressors });
    } catch (error) {
      throw brokenFileError(`is damaged in rows ${rowStart} to ${rowEnd} (${describeError(error)})`);
    }
    for (const row of rows) {
      const text = row[column];
      if (typeof text !== 'string') throw brokenFileError(`holds ${typeof text} in column "${column}", not text`);
      yield text;
    }
    rowStart = rowEnd;
  }
}
