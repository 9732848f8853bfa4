import { described } from './failure.js';
import { messageOf } from '../engine/replication/error-class.js';

/* What PostgreSQL says of a row that it does not take is stored with the row, logged and shown. */
const failure = (code: string, message: string, detail?: string) =>
  Object.assign(new Error(message), { code, ...(detail && { detail }) });

it.each([
  [
    failure(
      '23505',
      'duplicate key value violates unique constraint "one_email"',
      'Key (lower(email), a)=(ada@x (y), 1) already exists.',
    ),
    'duplicate key value violates unique constraint "one_email"; Key (lower(email), a)',
  ],
  [
    failure(
      '23514',
      'new row for relation "account" violates check constraint "odd"',
      'Failing row contains (1, ada@x, $argon2id$hash).',
    ),
    'new row for relation "account" violates check constraint "odd"',
  ],
  [
    failure('22P02', 'invalid input syntax for type integer: "ada@x"'),
    'invalid input syntax for type integer: "…"',
  ],
  [
    failure('22P02', 'invalid input syntax for type json', 'Token "ada@x" is invalid.'),
    'invalid input syntax for type json; Token "…" is invalid.',
  ],
  [
    failure('22P02', 'malformed array literal: "{"ada@x"}" and more'),
    'malformed array literal: "…" and more',
  ],
  [
    failure('22P02', 'ungültige Eingabesyntax für Typ integer: »ada@x«'),
    'ungültige Eingabesyntax für Typ integer: "…"',
  ],
  [failure('42P01', 'relation "people.account" does not exist'), 'relation "people.account" does not exist'],
  [failure('SR412', 'strangler_stale', '17'), 'strangler_stale; 17'],
])('%p', (error, said) => expect(messageOf(error)).toBe(said));

it('nor does the log tell a value', () => {
  expect(described(failure('22P02', 'invalid input syntax for type integer: "ada@x"'))).not.toContain(
    'ada@x',
  );
});
