import { Logger } from '@nestjs/common';
import { NatsLink } from '#strangler/nats/link';
import { remoteSide, serveSide, type Belonging } from '#strangler/sides/remote';
import type { SideControl } from '#strangler/sides/side';
import { describeTables, type MovingTable } from '#strangler/database/tables';
import { repairModule } from '#strangler/engine/verify/repair';
import { verifyModule } from '#strangler/engine/verify/verify';
import { startNats, type TestNats } from '../../support/nats.js';
import { untilUp } from '../../support/rpc.js';
import { parcels } from '../../support/sides.js';
import { Changing } from '../support/changing.js';

/*
 * A table of 1,000 columns (PostgreSQL has room for 1,600): captured, copied, compared, repaired, moved, and moved back. What would go
 * wrong: a statement that names each column several times is too long or too deep, a head that names them is more than a message, and a page
 * of verify as well.
 */
const columns = Array.from({ length: 1_000 }, (_, i) => ({
  name: `measure_of_the_parcel_${String(i).padStart(4, '0')}`,
  type: i % 5 === 0 ? 'text' : 'integer',
}));
const names = columns.map(({ name }) => name).join(', ');
const values = columns.map(({ type }, i) => (type === 'text' ? `(i % 97)::text` : `i + ${i}`)).join(', ');
const fill = (from: number, to: number) =>
  `insert into parcels.parcel (code, weight, ${names}) select 'P-' || i, i, ${values} from generate_series(${from}, ${to}) i`;
const message = 1_048_576;

let nats: TestNats;
let scene: Changing;
let links: NatsLink[];
let stop: () => void;
let controls: { monolith: SideControl; extracted: SideControl };
let tables: MovingTable[];
/** The pages of verify that the service sent, in bytes. */
let pages: number[];

async function connected(): Promise<NatsLink> {
  const link = new NatsLink(() => Promise.resolve({ servers: nats.url }));
  links.push(link);
  link.start();
  await untilUp(link);
  return link;
}

beforeAll(async () => {
  for (const level of ['log', 'warn'] as const) jest.spyOn(Logger.prototype, level).mockReturnValue();
  [links, pages] = [[], []];
  const ddl = `alter table parcels.parcel ${columns.map(({ name, type }) => `add ${name} ${type}`).join(', ')}`;
  [nats, scene] = await Promise.all([startNats(), Changing.open({ ddl, rows: fill(1, 500) })]);
  const { monolith, extracted } = scene.both;
  tables = await describeTables(monolith.database, parcels);
  const ids = await Promise.all(
    [monolith, extracted].map(({ database }) =>
      database.query<{ id: string }>('select strangler.database_id() as id'),
    ),
  );
  const [m, e] = ids.map(([row]) => row!.id) as [string, string];
  const belonging = (database: string, peer: string) => (): Promise<Belonging> =>
    Promise.resolve({ database, peer, peerSince: null });
  const noting: SideControl = {
    ...scene.both.controls.extracted,
    chunkRows: async (of) => {
      const rows = await scene.both.controls.extracted.chunkRows(of);
      pages.push(Buffer.byteLength(JSON.stringify(rows)));
      return rows;
    },
  };
  const place = { module: 'parcels', side: 'extracted', database: e } as const;
  stop = serveSide(await connected(), place, noting, belonging(e, m));
  controls = {
    monolith: scene.both.controls.monolith,
    extracted: remoteSide(await connected(), 'parcels', 'extracted', belonging(m, e)),
  };
});
afterAll(async () => {
  stop();
  for (const link of links) await link.close();
  await scene.close();
  await nats.stop();
  jest.restoreAllMocks();
});

const expectSame = async () => {
  await scene.free();
  const [here, there] = await Promise.all([scene.rows('monolith'), scene.rows('extracted')]);
  expect(there.length).toBe(here.length);
  expect(there.every(({ row }, i) => row === here[i]!.row)).toBe(true);
};

it('is copied and captured: inserted, changed and deleted rows are there', async () => {
  await scene.on('monolith', fill(501, 700));
  await scene.on(
    'monolith',
    `update parcels.parcel set ${columns[999]!.name} = 7, ${columns[0]!.name} = 'new' where weight % 3 = 0`,
  );
  await scene.on('monolith', 'delete from parcels.parcel where weight % 7 = 0');
  await expectSame();
  const { rows, found, unsettled } = await verifyModule({ controls, tables });
  expect([rows, found, unsettled]).toEqual([600, 0, 0]);
});

it('rows of it that differ are found and repaired, and no page is more than a message', async () => {
  await scene.on(
    'extracted',
    `begin; set local strangler.applying = 'parcels'; update parcels.parcel set ${columns[500]!.name} = 'corrupt' where weight <= 200; commit`,
  );
  const { found, sent, left } = await repairModule({ controls, tables });
  expect([found.counts.differs, sent, left.found]).toEqual([172, 172, 0]);
  expect(found.differences[0]!.fields).toEqual({
    [columns[500]!.name]: { monolith: expect.any(String), extracted: 'corrupt' },
  });
  expect(pages.length).toBeGreaterThan(0);
  expect(Math.max(...pages)).toBeLessThan(message);
  await expectSame();
});

it('moves, is written there, and moves back', async () => {
  await scene.moveTo(5_000);
  await scene.moveTo(10_000);
  await scene.on(
    'extracted',
    `update parcels.parcel set ${columns[1]!.name} = 42, ${columns[5]!.name} = 'away'`,
  );
  await scene.on('extracted', fill(1_001, 1_050));
  await expectSame();
  await scene.moveTo(0);
  await scene.on('monolith', `update parcels.parcel set ${columns[2]!.name} = 43`);
  await expectSame();
  const { rows, found } = await verifyModule({ controls, tables });
  expect([rows, found]).toEqual([650, 0]);
});
