/** A share as a bar with its label. */

export function ShareBar({ label, share }: { label: string; share: number }) {
  return (
    <span class="bar">
      <progress max={1} value={share} aria-label={label} /> <span>{label}</span>
    </span>
  );
}
