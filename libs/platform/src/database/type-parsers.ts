import pg from 'pg';

const int8 = 20;
const timestamptz = 1184;

/** What of PostgreSQL's text becomes something else than pg's own choice, by type id. */
const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  [int8]: exactInteger,
  [timestamptz]: rfc3339,
};

type ParserByType = (oid: number, format?: string) => (text: string) => unknown;
const parserOfPg = pg.types.getTypeParser as ParserByType;
const parserFor: ParserByType = (oid, format) => parsers[oid] ?? parserOfPg(oid, format);

/** pg's option `types`: times as RFC 3339 text with all their microseconds, `bigint` as a number. */
export const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: parserFor as typeof pg.types.getTypeParser,
};

function exactInteger(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new RangeError(`${text} does not fit into a JavaScript number: select it as text`);
}

/** A JavaScript date would lose the microseconds, and two databases would differ after a round trip. */
function rfc3339(text: string): string {
  const [, date, time] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)\+00$/.exec(text) ?? [];
  if (date && time) return `${date}T${time}Z`;
  throw new RangeError(`${text} is no UTC time of RFC 3339: every session must keep TimeZone=UTC`);
}
