import { bucketOf } from '#strangler/routes/bucket';
import { otherSide, type Side } from '#strangler/routes/phase';
import { verifyModule } from '#strangler/engine/verify/verify';
import { carry, openPair, writeAsCopy, type TestPair } from '../../support/verifying.js';
import { until } from '../../support/until.js';

let pair: TestPair;
let running: { stop(): Promise<void> }[];
let written = 0;

/** The copier last, so that it takes what the others have left. */
async function stopAll(): Promise<void> {
  for (const each of running.splice(0).reverse()) await each.stop();
}

const names = 400;
const writers = 3;
/** Buckets that move when hand-offs are on. */
const [below, above] = [2_000, 8_000] as const;
/** In bucket 596, which does not move. */
const orphanName = 'b';

/** The same numbers for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const refusals = new Set(['SR409', 'SR423']);

/** Writes a random row where its owner is. Half of the writes go to a few rows, back and forth between two values. */
async function writeOne(random: () => number): Promise<void> {
  const hot = random() < 0.5;
  const name = `thing ${Math.floor(random() * (hot ? 5 : names))}`;
  const sql =
    random() < 0.3
      ? 'delete from box.thing where name = $1 and $2::int is not null'
      : 'insert into box.thing values ($1, $2) on conflict (name) do update set count = excluded.count';
  for (let side: Side = 'monolith'; ; side = otherSide(side)) {
    try {
      await pair.sides[side].database.query(sql, [name, Math.floor(random() * 2)]);
      written++;
      return;
    } catch (error) {
      if (!refusals.has((error as { code: string }).code)) throw error;
    }
  }
}

/** Moves the border to and fro, as the controller does; between two hand-offs the writers come to work. */
async function moveBorder(): Promise<void> {
  const { ownership } = pair.sides.monolith;
  const { epoch, extractedBelow } = await ownership.read('box');
  const [from, to] =
    extractedBelow === below ? (['monolith', 'extracted'] as const) : (['extracted', 'monolith'] as const);
  const border = extractedBelow === below ? above : below;
  await pair.sides[from].ownership.fence('box', epoch, { from: below, to: above });
  await until('the outbox is drained', async () => {
    const [left] = await pair.sides[from].database.query(
      'select from strangler.outbox_holds($3, $1, $2, 9223372036854775807) holds where holds',
      [below, above, 'box'],
    );
    return left ? undefined : true;
  });
  await pair.sides[to].ownership.own('box', epoch, border);
  await pair.sides[from].ownership.release('box', epoch + 1, border);
  const goOnAt = written + 200;
  await until('200 writes', () => (written >= goOnAt ? true : undefined));
}

/** Runs `work` without a pause, in the background. */
function keep(work: () => Promise<void>): { stop(): Promise<void> } {
  let stopped = false;
  const loop = (async () => {
    while (!stopped) await work();
  })();
  return {
    stop: async () => {
      stopped = true;
      await loop;
    },
  };
}

/** A row on the side that does not own it, which nobody has written. Its bucket is not one of those that move. */
async function plantOrphan(): Promise<void> {
  const { extractedBelow } = await pair.sides.monolith.ownership.read('box');
  const side = bucketOf('box', orphanName) < extractedBelow ? 'monolith' : 'extracted';
  await writeAsCopy(pair.sides[side], 'insert into box.thing values ($1, 7)', [orphanName]);
}

const orphan = expect.objectContaining({ table: 'thing', pk: [orphanName], kind: 'orphan' }) as unknown;

/** Describes verify while rows are written and handed back and forth, in an order that the seed makes. */
export const verifyUnderWrites = (seed: number): void =>
  describe(`seed ${seed}`, () => {
    beforeEach(async () => {
      pair = await openPair();
      running = [];
    });
    afterEach(async () => {
      await stopAll();
      await pair.drop();
    });

    it.each([
      ['writes on one side', false],
      ['writes on both sides and hand-offs', true],
    ])('%s: the planted orphan is the only difference', async (_what, handOffs) => {
      const random = randomOf(seed);
      if (handOffs) await pair.own(2_000);
      running.push(carry(pair));
      for (let writer = 1; writer <= writers; writer++) running.push(keep(() => writeOne(random)));
      if (handOffs) running.push(keep(moveBorder));
      await until('there are rows', async () => {
        const rows = await pair.sides.extracted.database.query('select from box.thing');
        return rows.length > names / 4 ? true : undefined;
      });
      await plantOrphan();
      for (const chunkRows of [1_000, 90]) {
        const { tables } = pair.sides.monolith;
        const result = await verifyModule({ controls: pair.controls, tables, chunkRows, patienceMs: 2_000 });
        expect(result.differences).toEqual([orphan]);
        expect(result.found).toBe(1);
      }
      await stopAll();
      const quiet = await verifyModule({ controls: pair.controls, tables: pair.sides.monolith.tables });
      expect(quiet).toMatchObject({ found: 1, unsettled: 0, differences: [orphan] });
    });
  });
