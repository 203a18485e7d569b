/** The slider through the run. */
import { useEffect, useState } from 'preact/hooks';
import { goTo, usePlace } from '../url.ts';

/** Replays the run: the page as it was after any event. */
export function TimeSlider({ seq }: { seq: number }) {
  const { at } = usePlace();
  const [value, setValue] = useState(at ?? seq);
  useEffect(() => setValue(at ?? seq), [at, seq]);
  const pickEvent = (chosenSeq: number): void => {
    setValue(chosenSeq);
    goTo({ at: chosenSeq >= seq ? undefined : chosenSeq });
  };
  return (
    <span class="slider">
      <label>
        <span class="soft">as of</span>
        <input
          type="range"
          min={0}
          max={Math.max(1, seq)}
          value={value}
          aria-label="As of event"
          aria-valuetext={at === undefined ? 'now' : `event ${at} of ${seq}`}
          onInput={(event) => pickEvent(Number(event.currentTarget.value))}
        />
      </label>
      {at === undefined ? (
        <span class="soft">now</span>
      ) : (
        <button type="button" onClick={() => goTo({ at: undefined })}>
          event {at} · back to now
        </button>
      )}
    </span>
  );
}
