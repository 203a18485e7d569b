/** Links between places of the dashboard: they change the address and load nothing. */
import { goTo, hrefOf } from '../url.ts';

export function PlaceLink(props: {
  to: Parameters<typeof goTo>[0];
  class?: string;
  isCurrent?: boolean;
  label?: string;
  children: preact.ComponentChildren;
}) {
  const { to, children, isCurrent, label } = props;
  const followLink = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    goTo(to);
  };
  return (
    <a
      href={hrefOf(to)}
      onClick={followLink}
      class={props.class ?? ''}
      {...(isCurrent && { 'aria-current': 'page' as const })}
      {...(label && { 'aria-label': label })}
    >
      {children}
    </a>
  );
}
