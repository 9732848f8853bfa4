/** A document that is served beside the page: its file, and its headings, the title first. */
export interface ShippedDocument {
  file: string;
  headings: readonly string[];
}

/** Where something can be read, as the palette tells it. Pure. */
export const placesIn = ({ file, headings: [title = file, ...parts] }: ShippedDocument) => [
  { text: `Read: ${title}`, path: `documents/${file}` },
  // The documents are plain text: the browser finds the words of the heading (text fragments).
  ...parts.map((part) => ({
    text: `Read: ${title}: ${part}`,
    path: `documents/${file}#:~:text=${escaped(`# ${part}`)}`,
  })),
];

/** A hyphen is of the syntax there. */
const escaped = (text: string): string => encodeURIComponent(text).replaceAll('-', '%2D');

/** The headings of a document in Markdown, but for those in blocks of code. Pure. */
export const headingsIn = (text: string): string[] =>
  text
    .replace(/^```[^]*?^```/gm, '')
    .split('\n')
    .flatMap((line) => /^#{1,3} (.+)$/.exec(line)?.[1] ?? []);
