import { Events, StranglerModule, type Side } from 'nestjs-strangler';
import {
  command,
  contract,
  Count,
  event,
  query,
  subscription,
  type Handlers,
} from 'nestjs-strangler/contract';
import { Injectable, Module } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsInt, IsString, Length } from 'class-validator';
import { Column, Entity, PrimaryColumn, Repository } from 'typeorm';
import { moduleDatabase } from './module-database.js';
import type { TestDatabase } from './postgres.js';

/* A module that tells something, and one that listens and is not idempotent: it counts, and notes what comes out of order. */

class ByName {
  @Length(1, 20) name: string;
}
class Clicked {
  @IsString() name: string;
  /** The how manieth it is. */
  @Count(1) n: number;
}
class Counted {
  @IsString() name: string;
  @IsInt() n: number;
}
class Heard {
  @IsString() name: string;
  @IsInt() n: number;
  @IsInt() outOfOrder: number;
}

export const clicked = event('clicks.clicked', { data: Clicked, key: 'name' });

export const clicks = contract('clicks', {
  ownership: 'by-key',
  operations: { click: command({ input: ByName, output: Counted, key: 'name', timeoutMs: 20_000 }) },
  events: [clicked],
});

export const tally = contract('tally', {
  ownership: 'by-key',
  operations: {
    clicked: subscription(clicked, { key: ({ name }) => name }),
    heard: query({ input: ByName, output: Heard, key: 'name' }),
  },
});

@Entity({ schema: 'clicks', name: 'clicked' })
class ClickRow {
  @PrimaryColumn('text') name: string;
  @Column('int') n: number;
}

@Entity({ schema: 'tally', name: 'heard' })
class HeardRow {
  @PrimaryColumn('text') name: string;
  @Column('int') n: number;
  @Column('int', { name: 'out_of_order' }) outOfOrder: number;
}

@Injectable()
class ClicksService implements Handlers<typeof clicks> {
  constructor(
    @InjectRepository(ClickRow) private readonly rows: Repository<ClickRow>,
    private readonly events: Events,
  ) {}

  async click({ name }: ByName): Promise<Counted> {
    const [row] = await this.rows.query<{ n: number }[]>(
      'insert into clicks.clicked as c (name, n) values ($1, 1) on conflict (name) do update set n = c.n + 1 returning n',
      [name],
    );
    const counted = { name, n: row!.n };
    this.events.emit(clicked, counted);
    return counted;
  }
}

/** What the listener does before it counts: a test replaces it. */
export const listener = { before: (_event: Clicked): Promise<void> | void => undefined };

@Injectable()
class TallyService implements Handlers<typeof tally> {
  constructor(@InjectRepository(HeardRow) private readonly rows: Repository<HeardRow>) {}

  async clicked(event: Clicked): Promise<void> {
    await listener.before(event);
    await this.rows.query(
      `insert into tally.heard as h (name, n, out_of_order) values ($1, 1, ($2 <> 1)::int)
       on conflict (name) do update set n = h.n + 1, out_of_order = h.out_of_order + (h.n + 1 <> $2)::int`,
      [event.name, event.n],
    );
  }

  async heard({ name }: ByName): Promise<Heard> {
    return (await this.rows.findOneBy({ name })) ?? { name, n: 0, outOfOrder: 0 };
  }
}

const how = { routingKey: 'name' };

@Module({ imports: [StranglerModule.forFeature(clicks, ClicksService, { tables: [ClickRow], ...how })] })
export class ClicksModule {}

@Module({
  imports: [
    StranglerModule.forFeature(tally, TallyService, {
      tables: [HeardRow],
      views: { clicks: [HeardRow] },
      ...how,
    }),
  ],
})
export class TallyModule {}

@Module({ imports: [ClicksModule, TallyModule] })
export class ClicksAndTally {}

const tables = `
  create schema clicks create table clicked (name text primary key, n int not null);
  create schema tally create table heard (name text primary key, n int not null, out_of_order int not null);
  select strangler.create_idempotency_table(module) from unnest(array['clicks', 'tally']) module;
  select strangler.create_event_tables('clicks');`;

/** A database of one side, with the tables of both. */
export const clicksDatabase = (side: Side): Promise<TestDatabase> => moduleDatabase(side, tables);
