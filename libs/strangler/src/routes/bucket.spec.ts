import fc from 'fast-check';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { bucketOf, buckets } from './bucket.js';

/* Two ideas of a key's bucket would be two owners of one key. */
let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((key) => !key.includes('\0'));

it('TypeScript and SQL agree on every key', async () => {
  const keys = fc.array(fc.tuple(text, text), { minLength: 200, maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(keys, async (pairs) => {
      const rows = await database.query<{ bucket: number }>(
        'select strangler.bucket(module, key) as bucket from unnest($1::text[], $2::text[]) pair (module, key)',
        [pairs.map(([module]) => module), pairs.map(([, key]) => key)],
      );
      expect(rows.map(({ bucket }) => bucket)).toEqual(pairs.map(([module, key]) => bucketOf(module, key)));
    }),
    {
      numRuns: 20,
      examples: [
        [
          Array.from(
            { length: 200 },
            (_, i) => ['m', `\\x${i}\\\\${String.fromCharCode(i + 1)}`] as [string, string],
          ),
        ],
      ],
    },
  );
});

it('keys spread evenly over the buckets', () => {
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 20_000; i++) {
    const tenth = Math.floor(bucketOf('box', `key ${i}`) / (buckets / 10));
    counts[tenth] = (counts[tenth] ?? 0) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 2_000)).toBeLessThan(250);
});
