import { migrate } from '#platform';
import { Database } from '#strangler/database/database';
import { Ownership } from '#strangler/engine/ownership/ownership';
import { sides, type Side } from '#strangler/routes/phase';
import { describeTables, type MovingModule } from '#strangler/database/tables';
import { Chunks, type ChunkControl } from '#strangler/engine/verify/chunks';
import { verifyModule } from '#strangler/engine/verify/verify';
import { report, type Figure } from '../report.js';
import { alternate, ratio, type Contender } from '../rounds.js';
import type { BenchServers } from '../servers.js';
import { canCopy, copyThroughMd5sum } from './copy.js';
import { makeTables, rowsOf } from './tables.js';

const depot: MovingModule = {
  module: 'depot',
  ownership: 'by-key',
  tables: ['article', 'movement'],
  routingKey: 'sku',
  transforms: {},
};

/** All rows of a module compared on both sides, against both sides' rows through md5sum. */
export async function verify(servers: BenchServers, quick: boolean): Promise<boolean> {
  const rows = rowsOf(quick);
  const urls: string[] = [];
  const databases: Database[] = [];
  try {
    const controls = {} as Record<Side, ChunkControl>;
    for (const side of sides) {
      const url = await servers.freshDatabase(`bench_verify_${side}`);
      await migrate(url, []);
      await makeTables(url, rows);
      const database = new Database(url);
      controls[side] = await controlOf(database, side);
      urls.push(url);
      databases.push(database);
    }
    const tables = await describeTables(databases[0]!, depot);
    const ours = async () => {
      const { found, unsettled, rows: compared } = await verifyModule({ controls, tables });
      if (found + unsettled > 0 || compared !== 2 * rows) throw new Error('the sides are not found equal');
    };
    return await compare(ours, urls, 2 * rows, quick);
  } finally {
    for (const database of databases) await database.close();
  }
}

async function controlOf(database: Database, side: Side): Promise<ChunkControl> {
  const ownership = new Ownership(database);
  await ownership.ensure('depot', side);
  const chunks = new Chunks(database, await describeTables(database, depot), 'depot', side);
  return Object.assign(chunks, { state: async () => ({ ownership: await ownership.read('depot') }) });
}

const name = 'verify';
const inOrder = 'COPY in the order of the key | md5sum';
const asStored = 'COPY as it is stored | md5sum';

async function compare(
  ours: () => Promise<void>,
  urls: readonly string[],
  rows: number,
  quick: boolean,
): Promise<boolean> {
  const peers = canCopy();
  if (!peers) console.log('       psql or md5sum is not there: nothing to compare with');
  const contenders = [
    once(name, rows, ours),
    ...(peers
      ? [
          once(inOrder, rows, () =>
            copyBoth(urls, [
              '(select * from depot.article order by sku)',
              '(select * from depot.movement order by id)',
            ]),
          ),
          once(asStored, rows, () => copyBoth(urls, ['depot.article', 'depot.movement'])),
        ]
      : []),
  ];
  const rates = await alternate(contenders, { rounds: quick ? 3 : 15, ms: 0 });
  const figures = peers
    ? [figure(inOrder, ratio(rates, name, inOrder)), figure(asStored, ratio(rates, name, asStored))]
    : [];
  return report('verify', rates, figures);
}

const figure = (peer: string, reached: number): Figure => ({
  figure: `verify against ${peer}`,
  atLeast: 0.9,
  reached,
});

/** Rows of one side per second, with both sides read at once. */
const once = (name: string, rows: number, work: () => Promise<unknown>): Contender => ({
  name,
  rate: async () => {
    const start = performance.now();
    await work();
    return (rows / (performance.now() - start)) * 1_000;
  },
});

/** Both sides at once, one table after the other. @throws when the sums are not the same. */
async function copyBoth(urls: readonly string[], what: readonly string[]): Promise<void> {
  for (const each of what) {
    const [one, other] = await Promise.all(urls.map((url) => copyThroughMd5sum(url, each)));
    if (one !== other) throw new Error(`${each} differs`);
  }
}
