import { Logger } from '@nestjs/common';
import { sides, type Side } from '#strangler/routes/phase';
import { until } from '../../support/until.js';
import { Changing } from '../support/changing.js';

/*
 * What docs/schema-changes.md says, step by step, while half of the keys have moved, both sides are written all the time, and buckets
 * go over in between. No write may fail, no row be set aside, and both sides are alike in the end.
 */
let scene: Changing;
let load: Load;

const half = 5_000;
const keys = Array.from({ length: 40 }, (_, i) => `P-${i}`);

/** Writes every key at whoever owns it. A refusal of a fence, or of who owns it no more, is tried anew; any other one fails the test. */
class Load {
  writes = 0;
  readonly failures: string[] = [];
  private stopped = false;
  private ended: Promise<void>;
  /** What a release writes: $1 is the key. */
  sql = `insert into parcels.parcel (code, weight) values ($1, 1) on conflict (code) do update set weight = parcel.weight + 1`;

  constructor() {
    this.ended = this.run();
  }

  async goesOn(): Promise<void> {
    const before = this.writes;
    await until('writes go on', () => (this.writes > before + keys.length ? true : undefined));
  }

  /** Another release: all of its writes from here on. */
  async releases(sql: string): Promise<void> {
    this.sql = sql;
    await this.goesOn();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.ended;
  }

  private async run(): Promise<void> {
    for (let i = 0; !this.stopped; i++) await this.write(keys[i % keys.length]!);
  }

  private async write(key: string): Promise<void> {
    const { sql } = this;
    for (let side: Side = 'monolith'; !this.stopped; side = side === 'monolith' ? 'extracted' : 'monolith') {
      try {
        await scene.both[side].test.query(sql, [key]);
        this.writes += 1;
        return;
      } catch (error) {
        const { code, message } = error as { code?: string; message: string };
        if (code === 'SR409' || code === 'SR423') continue;
        this.failures.push(`${code}: ${message}`);
        return;
      }
    }
  }
}

/** One migration, at one side after the other; writes go on between them. */
async function migrate(first: Side, sql: string): Promise<void> {
  for (const side of [first, ...sides.filter((each) => each !== first)]) {
    await scene.on(side, `set lock_timeout = '2s'; ${sql}`);
    await load.goesOn();
    await scene.tend();
  }
}
async function expectWell(table = 'parcel'): Promise<void> {
  await scene.moveTo(8_000);
  await scene.moveTo(half);
  await load.stop();
  await scene.tend();
  await scene.free();
  expect(load.failures).toEqual([]);
  expect(await scene.rows('extracted', table)).toEqual(await scene.rows('monolith', table));
  for (const side of sides) expect(await scene.both.controls[side].parked()).toEqual([]);
}

beforeEach(async () => {
  jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  jest.spyOn(Logger.prototype, 'log').mockReturnValue();
  scene = await Changing.open();
  load = new Load();
  await scene.moveTo(half);
});
afterEach(async () => {
  await load.stop();
  await scene.close();
  jest.restoreAllMocks();
});

describe.each(sides)('the first to change is %s', (first) => {
  it('a column is added, and written once both sides have it', async () => {
    await migrate(first, `alter table parcels.parcel add note text default 'none'`);
    await load.releases(
      `insert into parcels.parcel (code, weight, note) values ($1, 1, 'new') on conflict (code) do update set note = parcel.note || '+', weight = 2`,
    );
    await expectWell();
  });

  it('a column is widened, and holds more once both sides can', async () => {
    await migrate(first, 'alter table parcels.parcel alter weight type bigint');
    await load.releases(
      `insert into parcels.parcel (code, weight) values ($1, 5000000000) on conflict (code) do update set weight = parcel.weight + 5000000000`,
    );
    await expectWell();
  });

  it('a column is dropped, once nobody writes it and nothing demands it', async () => {
    await migrate(first, 'alter table parcels.parcel add old integer not null default 7');
    await load.releases(
      `insert into parcels.parcel (code, weight) values ($1, 1) on conflict (code) do update set weight = parcel.weight + 1`,
    );
    await migrate(first, 'alter table parcels.parcel alter old drop not null, alter old drop default');
    await migrate(first, 'alter table parcels.parcel drop old');
    await expectWell();
  });

  it('a table is added', async () => {
    await scene.everywhere('create table parcels.label (code text primary key, text text not null)');
    scene.named.tables.push('label');
    await scene.tend();
    await scene.endRelays();
    await load.releases(
      `insert into parcels.label values ($1, 'x') on conflict (code) do update set text = label.text || 'x'`,
    );
    await expectWell('label');
    expect(await scene.rows('monolith', 'label')).toHaveLength(keys.length);
  });

  it('a table is dropped, once nobody writes it and no release names it', async () => {
    await scene.everywhere('create table parcels.label (code text primary key, text text not null)');
    scene.named.tables.push('label');
    await scene.tend();
    await scene.endRelays();
    const parcel = load.sql;
    await load.releases(
      `insert into parcels.label values ($1, 'x') on conflict (code) do update set text = label.text || 'x'`,
    );
    await load.releases(parcel);
    await scene.moveTo(6_000);
    scene.named.tables.pop();
    await scene.endRelays();
    await load.goesOn();
    await scene.moveTo(4_000);
    await migrate(first, 'drop table parcels.label');
    await expectWell();
  });

  it('an index brings a new unique rule, which has the routing key in it', async () => {
    await migrate(first, 'create unique index parcel_once on parcels.parcel (code, (weight % 10))');
    await load.goesOn();
    await expectWell();
  });
});

/** Rows of before, which nobody writes any more, at whoever owns them. */
const ofBefore = `insert into parcels.parcel select code, i from generate_series(1, 2000) i, lateral (select 'Q-' || i as code) q, strangler.ownership o
  where strangler.owned_by(o, strangler.bucket('parcels', code))`;

/** Each side changes what it owns, while customers write and buckets go over. */
async function rowsAreMigrated(): Promise<void> {
  const turns = () => Promise.all(sides.map((side) => scene.both[side].agent.migrateOwn()));
  await turns();
  await scene.moveTo(6_000);
  await until('both sides are done', async () => {
    await turns();
    const { monolith, extracted } = await scene.both.states();
    return [...monolith.ownerMigrations!, ...extracted.ownerMigrations!].length === 0 ? true : undefined;
  });
  await load.goesOn();
}

it('a column is renamed by steps: added, written twice, copied at the owner, read, no more written, dropped', async () => {
  await scene.everywhere(ofBefore);
  await migrate('monolith', 'alter table parcels.parcel add grams bigint');
  const twice = `insert into parcels.parcel (code, weight, grams) values ($1, 1, 1) on conflict (code) do update set weight = parcel.weight + 1, grams = parcel.weight + 1`;
  await load.releases(twice);
  scene.named.ownerMigrations.push({
    ...{ name: 'grams of weight', table: 'parcel' },
    ...{ set: 'grams = t.weight', where: 't.grams is null' },
  });
  await rowsAreMigrated();
  scene.named.ownerMigrations.pop();
  await migrate('monolith', 'alter table parcels.parcel alter weight drop not null');
  await load.releases(
    `insert into parcels.parcel (code, grams) values ($1, 1) on conflict (code) do update set grams = parcel.grams + 1`,
  );
  await migrate('extracted', 'alter table parcels.parcel drop weight');
  await expectWell();
  expect(await scene.on('monolith', 'select from parcels.parcel where grams is null')).toEqual([]);
  expect(await scene.rows('monolith')).toHaveLength(keys.length + 2_000);
});
