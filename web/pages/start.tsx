/** All labs below the served folder; chosen ones are drawn together. */
import { sparkSvg } from '../../src/render/overlay.ts';
import type { LabCard, ReadingCard } from '../../src/view/answers.ts';
import type { OverlayLab } from '../../src/view/pictures/overlay.ts';
import { StatePill } from '../frame/state-pill.tsx';
import { PlaceLink } from '../parts/link.tsx';
import { LabOverlay } from '../parts/overlay.tsx';
import { type Card, useLabs } from '../live.ts';
import { goTo, usePlace } from '../url.ts';

export function StartPage() {
  const { labs, connection } = useLabs(true);
  const { over } = usePlace();
  const chosen = (labs ?? []).flatMap((lab): OverlayLab[] =>
    'line' in lab && lab.line && over.includes(lab.id) ? [{ id: lab.id, line: lab.line }] : [],
  );
  const direction = chosen[0]?.line.direction;
  const comparable = chosen.filter(({ line }) => line.direction === direction);
  return (
    <main class="alone start">
      <h1>Overnight</h1>
      {connection === 'lost' && <p role="alert">The server does not answer; this is its last answer.</p>}
      {!labs && (
        <p class="loading" role="status">
          Looking for labs …
        </p>
      )}
      {labs?.length === 0 && (
        <p>
          No lab lies below this folder yet. Start one with <code>overnight run</code> or{' '}
          <code>overnight try hello</code>; it will appear here.
        </p>
      )}
      {comparable.length > 1 && <LabOverlay labs={comparable} />}
      {comparable.length === 1 && <p class="soft">Choose a second lab to see both in one picture.</p>}
      <ul class="labs">
        {labs?.map((lab) => (
          <li key={lab.id}>
            {'reading' in lab ? <ReadingLink lab={lab} /> : <LabLink lab={lab} />}
            <ChooseLab lab={lab} direction={direction} />
          </li>
        ))}
      </ul>
    </main>
  );
}

function ReadingLink({ lab }: { lab: ReadingCard }) {
  return (
    <PlaceLink to={{ lab: lab.id, page: 'overview' }}>
      <span class="name">
        <b>
          <bdi>{lab.id}</bdi>
        </b>
      </span>
      <progress max={1} value={lab.reading.share} aria-label={`Ledger of ${lab.id} read`} />
      <span class="soft">{lab.reading.text} …</span>
    </PlaceLink>
  );
}

function LabLink({ lab }: { lab: LabCard }) {
  return (
    <PlaceLink to={{ lab: lab.id, page: 'overview' }}>
      <span class="name">
        <b>
          <bdi>{lab.arena}</bdi>
        </b>{' '}
        <span class="soft">
          <bdi>{lab.tag}</bdi> · {lab.metric}
        </span>
      </span>
      <StatePill board={lab} connection="live" />
      <span class="headline">{lab.headline}</span>
      {lab.line && lab.line.byExperiment.length > 2 && (
        <span class="spark" dangerouslySetInnerHTML={{ __html: sparkSvg(lab.line.byExperiment) }} />
      )}
      <span class="soft">{lab.counts}</span>
      <span class="soft">
        {lab.trust} · {lab.updated} · <bdi>{lab.id}</bdi>
      </span>
    </PlaceLink>
  );
}

/** Lines that are told apart by colour and dashes. */
const MAX_LABS = 6;

/** Only labs whose metric gets better in the same direction can be drawn together. */
function ChooseLab({ lab, direction }: { lab: Card; direction: 'minimize' | 'maximize' | undefined }) {
  const { over } = usePlace();
  if (!('line' in lab) || !lab.line) return null;
  const isChosen = over.includes(lab.id);
  const isOther = direction !== undefined && lab.line.direction !== direction;
  const isFull = over.length >= MAX_LABS;
  const toggleLab = (): void => goTo({ over: isChosen ? over.filter((id) => id !== lab.id) : [...over, lab.id] });
  return (
    <label class="choose soft">
      <input type="checkbox" checked={isChosen} disabled={(isOther || isFull) && !isChosen} onChange={toggleLab} />{' '}
      {isOther ? 'its metric gets better in the other direction' : 'draw together'}{' '}
      <span class="unseen">
        <bdi>{lab.id}</bdi>
      </span>
    </label>
  );
}
