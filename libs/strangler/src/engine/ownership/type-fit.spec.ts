import fc from 'fast-check';
import { holds } from './type-fit.js';

it.each([
  ['numeric(12,4)', 'numeric(10,4)'],
  ['numeric', 'numeric(10,4)'],
  ['numeric(12,2)', 'integer'],
  ['numeric', 'bigint'],
  ['bigint', 'integer'],
  ['integer', 'smallint'],
  ['double precision', 'real'],
  ['character varying(20)', 'character varying(10)'],
  ['character varying', 'text'],
  ['text', 'character varying(10)'],
  ['text', 'shop.status'],
  ['character varying(10)', 'character(10)'],
  ['timestamp with time zone', 'timestamp(3) with time zone'],
  ['timestamp(6) without time zone', 'timestamp without time zone'],
  ['integer[]', 'smallint[]'],
  ['numeric(12,4)[]', 'numeric(10,4)[]'],
  ['shop.status', 'public.status'],
  ['json', 'jsonb'],
  ['bit varying', 'bit(8)'],
])('%s holds what %s holds', (to, from) => expect(holds(to, from)).toBe(true));

it.each([
  ['numeric(10,1)', 'numeric(10,4)'],
  ['numeric(10,4)', 'numeric(12,2)'],
  ['numeric(10,4)', 'numeric'],
  ['numeric(9,0)', 'integer'],
  ['integer', 'numeric(4,0)'],
  ['real', 'integer'],
  ['double precision', 'bigint'],
  ['date', 'timestamp without time zone'],
  ['timestamp without time zone', 'timestamp with time zone'],
  ['timestamp(3) with time zone', 'timestamp with time zone'],
  ['jsonb', 'json'],
  ['text[]', 'text'],
  ['character varying(3)', 'status'],
  ['character(10)', 'character varying(10)'],
  ['shop.status', 'shop.state'],
])('%s does not hold what %s holds', (to, from) => expect(holds(to, from)).toBe(false));

it('what holds something that holds a third thing holds that, too', () => {
  const limit = fc.integer({ min: 1, max: 12 });
  const type = fc.oneof(
    fc.constantFrom(
      'smallint',
      'integer',
      'bigint',
      'numeric',
      'real',
      'double precision',
      'text',
      'date',
      'jsonb',
      'json',
    ),
    fc.tuple(limit, limit).map(([a, b]) => `numeric(${Math.max(a, b)},${Math.min(a, b)})`),
    limit.map((length) => `character varying(${length})`),
    limit.map((digits) => `timestamp(${Math.min(6, digits)}) without time zone`),
  );
  fc.assert(
    fc.property(type, type, type, (a, b, c) => {
      expect(holds(a, a)).toBe(true);
      if (holds(a, b) && holds(b, c)) expect(holds(a, c)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
