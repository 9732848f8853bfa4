import { readdirSync, readFileSync } from 'node:fs';

/** Beside `src` and `dist`: it is the same from both. */
const folder = new URL('../../sql/', import.meta.url);

/** A file of SQL. */
export interface SqlFile {
  text: () => string;
}

/** One step from a release to the next. */
export interface Increment extends SqlFile {
  /** As it is recorded: `0019-put-back.sql` is `PutBack1764000000019`, the form that TypeORM wants. */
  name: string;
}

/** The whole schema, by subject; each file stands on those before it. Named one by one: one that is missing is an error. */
export const base = (): SqlFile[] =>
  [
    'releases',
    'identity',
    'ownership',
    'capture',
    'replication',
    'commands',
    'events',
    'evidence',
    'control',
    'webhooks',
  ].map((subject) => fileAt(`${subject}.sql`));

/** All increments, in their order. */
export const increments = (): Increment[] =>
  readdirSync(new URL('increments/', folder))
    .sort()
    .map((file) => ({ ...fileAt(`increments/${file}`), name: nameOf(file) }));

const fileAt = (path: string): SqlFile => ({ text: () => readFileSync(new URL(path, folder), 'utf8') });

function nameOf(file: string): string {
  const [number = '', ...words] = file.replace('.sql', '').split('-');
  return [
    ...words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)),
    1_764_000_000_000 + Number(number),
  ].join('');
}
