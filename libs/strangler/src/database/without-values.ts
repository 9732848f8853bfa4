/** From the first quotation mark of any language to the last: a value may have some in it. */
const quoted = /["«»„“”‘’‚‹›「」].*["«»„“”‘’‚‹›「」]/s;

/**
 * What PostgreSQL says of an error, without the values of rows: they may be anybody's, and this is logged, stored with a row that cannot be
 * carried over, and shown to operators. Of data (class 22) values stand in quotes; of constraints (23) in the detail, also whole rows.
 */
export function withoutValues(text: string, code: unknown): string {
  return isOf('22', code) ? text.replace(quoted, '"…"') : text;
}

/** The same of the detail of an error; `undefined`: nothing is left of it. */
export function detailWithoutValues(detail: string | undefined, code: unknown): string | undefined {
  if (detail === undefined || !isOf('23', code)) return detail && withoutValues(detail, code);
  const [key] = /^Key \([^=]*\)(?==)/.exec(detail) ?? [];
  return key;
}

const isOf = (errorClass: string, code: unknown): boolean =>
  typeof code === 'string' && code.length === 5 && code.startsWith(errorClass);
