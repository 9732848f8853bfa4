/** A piece of HTML: nothing in it needs escaping any more. */
export class Html {
  constructor(readonly text: string) {}
}

type Piece = string | number | Html | readonly Html[];

/** A template of HTML: what is put into it is escaped, unless it is HTML itself. */
export const html = (parts: TemplateStringsArray, ...values: readonly Piece[]): Html =>
  new Html(String.raw({ raw: parts }, ...values.map(escaped)));

function escaped(value: Piece): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('\n');
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A whole page. */
export const page = (title: string, content: Html): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title} · Harbour Supplies</title>
      </head>
      <body>
        <nav>
          <a href="/catalogue">Catalogue</a> <a href="/basket">Basket</a> <a href="/account">Account</a>
        </nav>
        <h1>${title}</h1>
        ${content}
      </body>
    </html>`.text;

/** Pence as people write them. */
export const pounds = (pence: number): string => `£${(pence / 100).toFixed(2)}`;
