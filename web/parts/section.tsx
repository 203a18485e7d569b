/** A part of a page with its heading: keys and addresses lead to it by its id. */

export function PageSection({
  id,
  title,
  isWide = false,
  children,
}: {
  id: string;
  title: string;
  /** It takes the width of the page; others keep to what is read with ease. */
  isWide?: boolean;
  children: preact.ComponentChildren;
}) {
  return (
    <section id={id} class={isWide ? 'across' : ''} aria-labelledby={`${id}-title`}>
      <h3 id={`${id}-title`}>{title}</h3>
      {children}
    </section>
  );
}
