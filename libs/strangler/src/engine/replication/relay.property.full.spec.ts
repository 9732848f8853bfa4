import fc from 'fast-check';
import { replicas, type Replicas } from '../../../../../test/support/replication.js';
import type { Send } from './frame.js';

/*
 * Whatever writers do, in whatever order batches are stored, lost, doubled or late, and whenever a relay is replaced: in
 * the end both sides hold the same rows.
 */
let both: Replicas;
beforeAll(async () => {
  both = await replicas();
});
afterEach(() => both.reset());
afterAll(() => both.close());

/** What happens to a frame on its way. */
type Fate = 'arrives' | 'is lost' | 'arrives, its answer is lost' | 'arrives twice' | 'arrives late';

const id = fc.integer({ min: 1, max: 6 });
const name = fc.constantFrom('A', 'a', 'B', 'b', 'C');
const step = fc.oneof(
  fc.record({ does: fc.constant('put' as const), id, content: fc.string({ maxLength: 4 }) }),
  fc.record({ does: fc.constant('delete' as const), id }),
  fc.record({ does: fc.constant('name' as const), id, name }),
  fc.record({ does: fc.constant('unname' as const), id }),
  fc.record({ does: fc.constant('drain' as const) }),
  fc.record({ does: fc.constant('backfill' as const) }),
  fc.record({ does: fc.constant('stop the relay' as const) }),
  fc.record({ does: fc.constant('start the relay' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
const fates = fc.array(
  fc.constantFrom<Fate>('arrives', 'is lost', 'arrives, its answer is lost', 'arrives twice', 'arrives late'),
  { maxLength: 12 },
);

const label = (n: number) => `00000000-0000-7000-8000-00000000000${n}`;

/** A way on which the first frames meet their fates; those that are late come before every later one's answer. */
function unreliable(fatesLeft: Fate[]): Send {
  const late: Uint8Array[] = [];
  const apply = (frame: Uint8Array) => both.extracted.receiver.apply(frame);
  return async (frame) => {
    const fate = fatesLeft.shift() ?? 'arrives';
    if (fate === 'arrives late') late.push(frame);
    if (fate === 'is lost' || fate === 'arrives late') throw new Error('lost');
    const reply = await apply(frame);
    if (fate === 'arrives twice') await apply(frame);
    for (const former of late.splice(0)) await apply(former);
    if (fate === 'arrives, its answer is lost') throw new Error('lost');
    return reply;
  };
}

async function run(steps: Step[], fatesLeft: Fate[]): Promise<void> {
  const { database } = both.monolith;
  const write = (sql: string, params: unknown[]) =>
    database.query(sql, params).catch((error: unknown) => {
      // Two labels of one name: the owner refuses it, and nothing happens.
      if ((error as { code?: string }).code !== '23505') throw error;
    });
  const send = unreliable(fatesLeft);
  const running = [both.relay({ send, batchRows: 3, heartbeatMs: 20 })];
  for (const it of steps) {
    switch (it.does) {
      case 'put':
        await write(
          `insert into fruit.basket values ($1, 'o' || $1::bigint % 2, $2, 1) on conflict (id) do update set content = excluded.content`,
          [it.id, it.content.replaceAll('\0', '')],
        );
        break;
      case 'delete':
        await write('delete from fruit.basket where id = $1', [it.id]);
        break;
      case 'name':
        await write(
          `insert into fruit.label values ($1, 'o', $2) on conflict (id) do update set name = excluded.name`,
          [label(it.id), it.name],
        );
        break;
      case 'unname':
        await write('delete from fruit.label where id = $1', [label(it.id)]);
        break;
      case 'drain':
        if (running.length > 0) await both.drained();
        break;
      case 'backfill':
        await both.backfill();
        break;
      case 'stop the relay':
        await running.shift()?.stop();
        break;
      case 'start the relay':
        running.push(both.relay({ send, batchRows: 2, heartbeatMs: 20 }));
    }
  }
  both.relay({ send, batchRows: 3, heartbeatMs: 20 });
  await both.drained();
  for (const table of ['basket', 'label']) {
    expect(await both.extracted.rows(table)).toEqual(await both.monolith.rows(table));
  }
  expect(await both.monolith.outgoing.parked()).toEqual([]);
}

it('both sides are equal in the end', async () => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 25 }), fates, async (steps, fatesLeft) => {
    await both.reset();
    await run(steps, [...fatesLeft]);
  });
  await fc.assert(property, { numRuns: 20 });
});
