/** Near misses tried together, for real: merged in git, measured three times, kept or dissolved; and tried again once the incumbent is far from where it was. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { audit } from '../../src/audit/audit.ts';
import type { LabState } from '../../src/core/state.ts';
import { labPaths } from '../../src/os/paths.ts';
import { openLab } from '../../src/wire.ts';
import { nobody } from '../fixtures/stack.ts';
import { MANIFEST, smallArena } from '../fixtures/cli.ts';

const values = ['A', 'B', 'C', 'D'] as const;
type Point = readonly [number, number, number, number];

/** Each number on a line of its own, far enough from the others to merge. */
const candidate = (point: Point): string =>
  `${values.map((name, i) => `${name}=${point[i]}\n\n# after ${name}\n`).join('\n')}\n: > "$OVERNIGHT_START"\necho "$A $B $C $D" > "$OVERNIGHT_OUT/x.txt"\n`;

/** Loss is 9 − A − B − C − D. The one number that is judged by chance alone comes from the seed, so that calibration sees noise of about 0.1. */
const JUDGE = `awk -v seed="$OVERNIGHT_SEED" -v nonce="$OVERNIGHT_NONCE" '{
  srand(seed); rand(); noise = 0.1 * (rand() + rand() + rand() + rand() - 2)
  printf "nonce: %s\\nloss: %.6f\\n", nonce, 9 - $1 - $2 - $3 - $4 + noise
}' "$OVERNIGHT_ARTEFACT/x.txt" > "$OVERNIGHT_RESULT"\n`;

/** What a step is called when the planner bundled it. */
const bundlesOf = (state: LabState) => state.experiments.filter(({ idea }) => idea.bundles !== undefined);

/** A lab with bundles of two, and a way to submit points until `enough` or at most so many. */
async function bundling(point: (state: LabState, k: number) => Point, enough: (state: LabState) => boolean, most = 40) {
  const manifest = MANIFEST.replace('replicates: 2', 'replicates: 6').replace(/knobs:.*\n/, 'decide: { bundle: 2, controls: 0, drift: 0 }\n');
  const folder = smallArena({ manifest, candidate: candidate([0, 0, 0, 0]), judge: JUDGE });
  const opened = await openLab({ folder, tag: 't', proposer: nobody, limits: { experiments: 0 } });
  await opened.run();
  const again = await openLab({ folder, tag: 't', proposer: { ...nobody, mute: true } });
  const { lab, state } = again;
  const settle = async (): Promise<void> => {
    for (let job = await lab.ask(); job.do === 'measure'; job = await lab.ask()) await lab.tell(job, await lab.measure(job));
  };
  for (let k = 0; k < most && !enough(state); k++) {
    await lab.submit('test', `try ${k}`, [{ path: 'x.sh', content: candidate(point(state, k)) }]);
    await settle();
  }
  lab.stopSoon();
  await again.run();
  const paths = labPaths(folder, 't');
  expect((await audit(paths.lab, paths.store)).checks.filter((check) => !check.ok)).toEqual([]);
  return state;
}
