/** Sentences of the view in the page. */

/** Text with `commands` in it. */
export function ProseWithCode({ text }: { text: string }) {
  return (
    <>
      {text.split('`').map((part, index) =>
        index % 2 === 1 ? (
          <code key={index}>{part}</code>
        ) : (
          <span key={index}>
            <bdi>{part}</bdi>
          </span>
        ),
      )}
    </>
  );
}
