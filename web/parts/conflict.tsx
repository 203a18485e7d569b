/** A conflict: what the idea changes in its base, and what the way to the incumbent changes in the same files. */
import { useMemo } from 'preact/hooks';
import type { LogText } from '../../src/view/answers.ts';
import { parseDiff } from '../../src/view/diff/parse.ts';
import type { ConflictView } from '../../src/view/lab/experiment.ts';
import { apiAddress, useRead } from '../live.ts';
import { usePlace } from '../url.ts';
import { FileChanges } from './diff.tsx';

export function ConflictDiffs({ conflict }: { conflict: ConflictView }) {
  const { n, paths, base, incumbent, ideaDiff, incumbentDiff } = conflict;
  return (
    <>
      <p>
        Both change the same lines of <bdi>{paths.join(', ')}</bdi>.
      </p>
      <OneSide title={`What the idea changes in #${base}`} blob={ideaDiff} from={base} to={n} />
      <OneSide
        title={`What the way from #${base} to #${incumbent} changes there`}
        blob={incumbentDiff}
        from={base}
        to={incumbent}
      />
    </>
  );
}

function OneSide({ title, blob, from, to }: { title: string; blob: string; from: number; to: number }) {
  const { lab } = usePlace();
  const { data, error } = useRead<LogText>(apiAddress('log', { lab, blob }));
  const files = useMemo(() => (data ? parseDiff(data.text) : []), [data]);
  return (
    <>
      <h3>{title}</h3>
      {error && <p class="soft">The file is not beside this ledger.</p>}
      <div class="diff" role="group" aria-label={title}>
        {files.map((file, index) => (
          <FileChanges key={index} file={file} mode="unified" from={from} to={to} />
        ))}
      </div>
      {data?.cut && <p class="soft">The last part of {data.bytes.toLocaleString('en-US')} bytes.</p>}
    </>
  );
}
