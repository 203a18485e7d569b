/** All labs below the served folder. */
import { StatePill } from '../frame/state-pill.tsx';
import { PlaceLink } from '../parts/link.tsx';
import { useLabs } from '../live.ts';

export function StartPage() {
  const { labs, connection } = useLabs(true);
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
      <ul class="labs">
        {labs?.map((lab) =>
          'reading' in lab ? (
            <li key={lab.id}>
              <PlaceLink to={{ lab: lab.id, page: 'overview' }}>
                <span class="name">
                  <b>
                    <bdi>{lab.id}</bdi>
                  </b>
                </span>
                <progress max={1} value={lab.reading.share} aria-label={`Ledger of ${lab.id} read`} />
                <span class="soft">{lab.reading.text} …</span>
              </PlaceLink>
            </li>
          ) : (
            <li key={lab.id}>
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
                <span class="soft">{lab.counts}</span>
                <span class="soft">
                  {lab.trust} · {lab.updated} · <bdi>{lab.id}</bdi>
                </span>
              </PlaceLink>
            </li>
          ),
        )}
      </ul>
    </main>
  );
}
