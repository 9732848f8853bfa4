import { Events, StranglerModule } from 'nestjs-strangler';
import { contract, Count, event, subscription, type Handlers } from 'nestjs-strangler/contract';
import { Injectable, Module } from '@nestjs/common';
import { IsNumber, IsString } from 'class-validator';
import { DataSource } from 'typeorm';
import { managerOf } from '#strangler/database/transaction';

class Ticked {
  @IsString() key: string;
  /** The how manieth of its key. */
  @Count(1) n: number;
  /** By `performance.now()` of this process. */
  @IsNumber() at: number;
}

export const ticked = event('clock.ticked', { data: Ticked, key: 'key' });
/** Tells, and does nothing else. */
export const clock = contract('clock', { ownership: 'by-key', operations: {}, events: [ticked] });
/** Counts what it hears, by key. */
export const ear = contract('ear', {
  ownership: 'by-key',
  operations: { ticked: subscription(ticked, { key: ({ key }) => key }) },
});

/** What a subscriber and a job do: one statement, which counts what comes out of its order. */
export const count = `insert into ear.heard as h (key, n, out_of_order) values ($1, 1, ($2 <> 1)::int)
  on conflict (key) do update set n = h.n + 1, out_of_order = h.out_of_order + (h.n + 1 <> $2)::int`;

/** How late each was heard, in ms. */
export const heard = { lags: [] as number[] };

@Injectable()
class ClockService {
  constructor(readonly events: Events) {}
}

@Injectable()
class EarService implements Handlers<typeof ear> {
  constructor(private readonly dataSource: DataSource) {}

  async ticked({ key, n, at }: Ticked): Promise<void> {
    await managerOf(this.dataSource).query(count, [key, n]);
    heard.lags.push(performance.now() - at);
  }
}

@Module({ imports: [StranglerModule.forFeature(clock, ClockService, { tables: [] })] })
export class ClockModule {}

@Module({
  imports: [StranglerModule.forFeature(ear, EarService, { tables: ['heard'], routingKey: 'key' })],
})
export class EarModule {}

export const tables = `
  create schema if not exists clock; create schema if not exists ear;
  create table ear.heard (key text primary key, n int not null, out_of_order int not null);
  select strangler.create_idempotency_table(module) from unnest(array['clock', 'ear']) module;
  select strangler.create_event_tables('clock');`;
