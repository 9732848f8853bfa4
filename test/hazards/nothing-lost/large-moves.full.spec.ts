import { readFile } from 'node:fs/promises';
import type { ModuleStatus } from 'nestjs-strangler';
import type { Program } from '../../support/programs.js';
import { pause, until } from '../../support/until.js';
import { Scene } from '../support/scene.js';

/*
 * Much at once: 400 MB of rows in one statement, and a million keys. What would go wrong: a process keeps all of it in memory, customers
 * wait behind it, a chunk takes longer than anybody waits for its answer, or nobody can say when it is done.
 */
let scene: Scene;
const minutes = 60_000;

beforeEach(async () => {
  scene = await Scene.open();
}, 2 * minutes);
afterEach(() => scene.close());

/** Products that nobody orders, so that stock is conserved. */
const stockUp = (count: number) =>
  scene.on(
    'monolith',
    `insert into inventory.stock_item (sku, description, price, currency, on_hand, received)
     select 'B-' || i, 'one of many', 100, 'USD', 0, 0 from generate_series(1, $1::int) i`,
    [count],
  );

/** The most memory that a process has had, in MB: Linux counts it. */
async function mostMemory({ process: { pid } }: Program): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) / 1_024;
}

it(
  '400 MB of rows in one statement: all are there, customers order on, and memory is bounded',
  async () => {
    await stockUp(4_000);
    await scene.goTo('shadow');
    const load = await scene.load(531);
    await load.placed(20);
    const processes = [scene.shop, scene.service];
    const before = await Promise.all(processes.map(mostMemory));
    const written = scene.on(
      'monolith',
      `update inventory.stock_item set description = repeat(md5(sku), 3200) where sku like 'B-%'`,
    );
    await load.placed(20);
    await written;
    const [size] = await scene.on<{ mb: number }>(
      'monolith',
      `select (sum(octet_length(description)) / 1e6)::int as mb from inventory.stock_item`,
    );
    expect(size!.mb).toBeGreaterThan(400);
    await load.placed(40);
    // Of the orders, which go on, something is always on its way.
    await until('all of it has gone over', async () =>
      (await scene.on('monolith', `select from strangler.outbox_changes where pk[1] like 'B-%' limit 1`))
        .length === 0
        ? true
        : undefined,
    );
    await scene.until(
      'nobody is behind',
      ({ degraded, sides }) => !degraded && sides.monolith?.quarantined === 0,
    );
    const after = await Promise.all(processes.map(mostMemory));
    // Half of what was written at most, though all of it went through each process.
    after.forEach((mb, i) => expect(mb - before[i]!).toBeLessThan(200));
    await scene.goTo('extracted');
    await load.placed(20);
    await load.stop();
    expect(await scene.differences()).toBe(0);
    await scene.check(load, 'extracted');
    await scene.goTo('monolith');
  },
  10 * minutes,
);

it(
  'a million keys: they are copied and compared, each with its pace and an end in sight, and move',
  async () => {
    await stockUp(1_000_000);
    const seen: ModuleStatus[] = [];
    const looks = new AbortController();
    const looking = (async () => {
      for (; !looks.signal.aborted; await pause(200)) seen.push(await scene.status());
    })();
    await scene.want('extracted');
    const load = await scene.load(532);
    await until(
      'inventory is extracted',
      () => (seen.at(-1)?.phase === 'extracted' ? true : undefined),
      8 * minutes,
    );
    await load.placed(20);
    await load.stop();
    looks.abort();
    await looking;
    const copying = seen.flatMap(({ backfill }) =>
      backfill && backfill.done < backfill.total ? [backfill] : [],
    );
    const comparing = seen.flatMap(({ verify: { running } }) =>
      running && running.done < running.total ? [running] : [],
    );
    const paces = copying.map(({ rowsPerSecond }) => rowsPerSecond ?? 0);
    process.stdout.write(`a million keys: at most ${Math.max(...paces)} rows/s\n`);
    expect(copying.some(({ rowsPerSecond, etaSeconds }) => rowsPerSecond! > 0 && etaSeconds! > 0)).toBe(true);
    expect(comparing.some(({ etaSeconds }) => etaSeconds! > 0)).toBe(true);
    const { verify } = await scene.status();
    expect([verify.rows > 1_000_000, verify.differences]).toEqual([true, 0]);
    await scene.check(load, 'extracted');
  },
  15 * minutes,
);
