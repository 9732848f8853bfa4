/** How a piece of text looks on a terminal that has colours. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

export interface Span {
  text: string;
  style?: Style;
  /** Is not broken where it can be kept together: a command is copied as a whole. */
  whole?: true;
}

/**
 * A line as it is drawn: first put together, then cut to the width, then coloured.
 *
 * @internal
 */
export type Line = readonly Span[];

const codes: Record<Style, number> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 };

/**
 * A line of one piece.
 *
 * @internal
 */
export const line = (text: string, style?: Style): Line => [style ? { text, style } : { text }];

/**
 * Pieces beside each other with `between` between them; empty ones are left out.
 *
 * @internal
 */
export function joined(parts: readonly Line[], between = '  '): Line {
  return parts
    .filter((part) => widthOf(part) > 0)
    .flatMap((part, i) => (i > 0 ? [{ text: between }, ...part] : part));
}

/** Columns that it takes. */
export const widthOf = (parts: Line): number => parts.reduce((sum, { text }) => sum + [...text].length, 0);

/** At most `width` columns of a line; what was cut off shows as `…`. */
export function cut(parts: Line, width: number): Line {
  if (widthOf(parts) <= width) return parts;
  const kept: Span[] = [];
  let left = width - 1;
  for (const span of parts) {
    const text = [...span.text].slice(0, Math.max(left, 0)).join('');
    if (text !== '') kept.push({ ...span, text });
    left -= [...span.text].length;
  }
  return width > 0 ? [...kept, { text: '…' }] : [];
}

/**
 * The line in as many lines of at most `width` columns as it takes, broken between words. Those that follow are set in by
 * two columns more than the first.
 */
export function wrap(parts: Line, width: number): Line[] {
  if (widthOf(parts) <= width) return [parts];
  const first = parts.map(({ text }) => text).join('');
  const indent = Math.min(first.length - first.trimStart().length + 2, Math.floor(width / 2));
  const lines: Span[][] = [[]];
  let left = width;
  for (const atom of parts.flatMap((span) => atomsOf(span, width - indent))) {
    const columns = widthOf([atom]);
    if (columns > left && atom.text.trim() !== '') {
      lines.push([{ text: ' '.repeat(indent) }]);
      left = width - indent;
    }
    // A space at the end of a line is not written.
    if (columns <= left) lines.at(-1)!.push(atom);
    left -= columns;
  }
  return lines;
}

/** Words and what is between them; a word that no line could hold is cut into pieces. */
function atomsOf(span: Span, most: number): Span[] {
  const words = span.whole ? [span.text] : (span.text.match(/\s+|\S+/g) ?? []);
  return words.flatMap((word) => {
    if (word.trim() !== '' && [...word].length <= most) return [{ ...span, text: word }];
    if (span.whole) return atomsOf({ text: word, ...(span.style && { style: span.style }) }, most);
    return word.trim() === ''
      ? [{ ...span, text: word }]
      : piecesOf([...word], most).map((text) => ({ ...span, text }));
  });
}

const piecesOf = (letters: readonly string[], most: number): string[] =>
  Array.from({ length: Math.ceil(letters.length / most) }, (_each, i) =>
    letters.slice(i * most, (i + 1) * most).join(''),
  );

/** The line as it is written. Control characters are taken out: what a row or a reason holds must not steer the terminal. */
export const paint = (parts: Line, coloured: boolean): string =>
  parts
    .map(({ text, style }) => {
      // eslint-disable-next-line no-control-regex -- they are what is looked for
      const clean = text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
      return coloured && style ? `\x1b[${codes[style]}m${clean}\x1b[0m` : clean;
    })
    .join('')
    .trimEnd();
