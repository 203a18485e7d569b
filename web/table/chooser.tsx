/** Which columns the table shows: boxes to tick, by pointer, finger or keys. The address holds the choice. */
import { useEffect, useRef } from 'preact/hooks';
import { KNOB_PREFIX } from '../../src/view/filter.ts';
import { goTo, usePlace } from '../url.ts';
import type { Column } from './columns.ts';

interface ColumnChooserProps {
  /** All there are. */
  readonly columns: readonly Column[];
  readonly shown: readonly Column[];
}

export function ColumnChooser({ columns, shown }: ColumnChooserProps) {
  const place = usePlace();
  const boxRef = useRef<HTMLDetailsElement>(null);
  useClosing(boxRef);
  const shownIds = new Set(shown.map((column) => column.id));
  const choose = (ids: ReadonlySet<string>): void =>
    goTo({ columns: columns.flatMap(({ id }) => (ids.has(id) ? [id] : [])).join(',') });
  const toggle = (id: string): void => {
    const ids = new Set(shownIds);
    if (!ids.delete(id)) ids.add(id);
    choose(ids);
  };
  const isKnob = (column: Column): boolean => column.id.startsWith(KNOB_PREFIX);
  const knobs = columns.filter(isKnob);
  const withKnobs = (areShown: boolean): Set<string> =>
    new Set(
      [...columns, ...shown].flatMap((column) =>
        (isKnob(column) ? areShown : shownIds.has(column.id)) ? [column.id] : [],
      ),
    );
  return (
    <details class="chooser" ref={boxRef}>
      <summary class="button">columns</summary>
      <div class="pop">
        <ColumnBoxes
          legend="Columns"
          columns={columns.filter((column) => !isKnob(column))}
          shownIds={shownIds}
          toggle={toggle}
        />
        {knobs.length > 0 && (
          <>
            <ColumnBoxes legend="Knobs" columns={knobs} shownIds={shownIds} toggle={toggle} />
            <button type="button" onClick={() => choose(withKnobs(true))}>
              all knobs
            </button>{' '}
            <button type="button" onClick={() => choose(withKnobs(false))}>
              no knobs
            </button>{' '}
          </>
        )}
        <button type="button" disabled={place.columns === ''} onClick={() => goTo({ columns: '' })}>
          as at first
        </button>
      </div>
    </details>
  );
}

interface ColumnBoxesProps {
  readonly legend: string;
  readonly columns: readonly Column[];
  readonly shownIds: ReadonlySet<string>;
  readonly toggle: (id: string) => void;
}

function ColumnBoxes({ legend, columns, shownIds, toggle }: ColumnBoxesProps) {
  return (
    <fieldset>
      <legend>{legend}</legend>
      <div class="boxes">
        {columns.map((column) => (
          <label key={column.id} {...(column.name && { title: column.name })}>
            <input
              type="checkbox"
              checked={shownIds.has(column.id)}
              disabled={column.id === 'n'}
              {...(column.name && { 'aria-label': column.name })}
              onChange={() => toggle(column.id)}
            />
            <span>{column.title}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** Escape, and a press elsewhere, close it. */
function useClosing(boxRef: { readonly current: HTMLDetailsElement | null }): void {
  useEffect(() => {
    const box = boxRef.current!;
    const close = (): void => {
      box.open = false;
    };
    const closeOnKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || !box.open) return;
      // Escape means something for the page too.
      event.stopPropagation();
      close();
      box.querySelector('summary')!.focus();
    };
    const closeOnPress = (event: Event): void => {
      if (!box.contains(event.target as Node)) close();
    };
    box.addEventListener('keydown', closeOnKey);
    document.addEventListener('pointerdown', closeOnPress);
    return () => {
      box.removeEventListener('keydown', closeOnKey);
      document.removeEventListener('pointerdown', closeOnPress);
    };
  }, []);
}
