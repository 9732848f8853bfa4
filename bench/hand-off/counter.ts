import { command, contract } from 'nestjs-strangler/contract';
import { Sku } from '#contracts';
import { IsInt } from 'class-validator';
import type { DataSource } from 'typeorm';
import { Executor } from '#strangler/calls/executor';
import type { MovingModule } from '#strangler/database/tables';
import { managerOf } from '#strangler/database/transaction';

class Named {
  @Sku() name: string;
}

class Counted {
  @Sku() name: string;
  @IsInt() count: number;
}

/** A module with one table and one command. */
export const counter = contract('counter', {
  ownership: 'by-key',
  operations: { add: command({ input: Named, output: Counted, key: (i) => i.name, timeoutMs: 20_000 }) },
});

/** What moves of it. */
export const counterTables: MovingModule = {
  module: 'counter',
  ownership: 'by-key',
  tables: ['counter', 'idempotency'],
  routingKey: 'name',
  transforms: {},
};

export const counterSchema =
  'create schema counter; create table counter.counter (name text primary key, count integer not null)';

const noProcesses = { run: () => Promise.reject(new Error('the module has no processes')) };

/** The module's code, on the database of one side: one transaction with a claim, a write and a result. */
export const counterExecutor = (dataSource: DataSource): Executor =>
  new Executor(
    counter,
    {
      add: async (input) => {
        const [row] = await managerOf(dataSource).query<Counted[]>(
          `insert into counter.counter as c values ($1, 1) on conflict (name) do update set count = c.count + 1
           returning name, count`,
          [(input as Named).name],
        );
        return row;
      },
    },
    dataSource,
    noProcesses,
  );
