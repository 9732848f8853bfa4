/** Columns that are the same on both sides. */
const same = Object.fromEntries(
  ['id', 'email', 'role', 'profile', 'password_hash', 'session_version', 'created_at'].map((column) => [
    column,
    `t.${column}`,
  ]),
);

/** From `name` to `first_name` and `last_name`, as SplitNameAccount splits it, and back: no character of it is lost. */
export const accountTransform = {
  toExtracted: {
    ...same,
    first_name: `split_part(t.name, ' ', 1)`,
    last_name: `substr(t.name, nullif(strpos(t.name, ' '), 0) + 1)`,
  },
  toMonolith: { ...same, name: `t.first_name || coalesce(' ' || t.last_name, '')` },
};
