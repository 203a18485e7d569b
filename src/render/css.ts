/** Style sheets as source that people read, and as the one line that goes into a page. */

/** The same sheet without comments and without the white space that has no meaning. */
export const compactCss = (sheet: string): string =>
  sheet
    .replace(/\/\*.*?\*\//gs, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};,>]) ?/g, '$1')
    .replaceAll(': ', ':')
    .replaceAll(';}', '}')
    .replaceAll('@media (', '@media(')
    .trim();
