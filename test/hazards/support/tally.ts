import { command, contract, List, query } from 'nestjs-strangler/contract';
import { Sku } from '#contracts';
import { IsInt, IsUUID } from 'class-validator';
import type { DataSource } from 'typeorm';
import type { Handler } from '#strangler/calls/executor';
import type { MovingModule } from '#strangler/database/tables';
import { managerOf } from '#strangler/database/transaction';

class Named {
  @Sku() name: string;
}

class Ask {
  @Sku() name: string;
  @IsInt() amount: number;
}

/** A counter. `version` grows by one with each write, whatever that does to `count`. */
export class Counted {
  @Sku() name: string;
  @IsInt() count: number;
  @IsInt() version: number;
}

class AskAll {
  @IsUUID() ticket: string;
  @List(() => Ask) items: Ask[];
}

class CountedAll {
  @List(() => Counted) items: Counted[];
}

const byName = {
  input: AskAll,
  output: CountedAll,
  keys: (i: AskAll) => i.items.map(({ name }) => name),
  pick: ({ ticket, items }: AskAll, names: readonly string[]) => ({
    ticket,
    items: items.filter(({ name }) => names.includes(name)),
  }),
  merge: ({ items }: AskAll, outputs: readonly CountedAll[]) => {
    const answers = new Map(outputs.flatMap((output) => output.items).map((item) => [item.name, item]));
    return { items: items.flatMap(({ name }) => answers.get(name) ?? []) };
  },
  timeoutMs: 20_000,
};
const one = { key: (i: Named) => i.name, output: Counted, timeoutMs: 20_000 };

/** A module of no shop: counters, to which is added, alone or several at once under a ticket that can be taken back. */
export const tally = contract('tally', {
  ownership: 'by-key',
  operations: {
    look: query({ ...one, input: Named }),
    /** For which any copy will do. */
    peek: query({ ...one, input: Named, reads: 'any' }),
    add: command({ ...one, input: Ask }),
    /** Refused where an amount is above 100. */
    addAll: command({ ...byName, errors: ['too_many'], undo: 'takeAll' }),
    takeAll: command(byName),
  },
});

/** What moves of it. */
export const tallyTables: MovingModule = {
  module: 'tally',
  ownership: 'by-key',
  tables: ['counter', 'ticket', 'idempotency'],
  routingKey: 'name',
  transforms: {},
};

/** Its tables, apart from those of the toolkit. */
export const tallySchema = `
  create schema tally;
  create table tally.counter (name text primary key, count integer not null, version integer not null);
  create table tally.ticket (name text, id uuid, amount integer not null, primary key (name, id))`;

/** The largest amount that `addAll` takes. */
const most = 100;

/** The module's code, on the database of one side. */
export function tallyHandlers(dataSource: DataSource): Record<keyof typeof tally.operations, Handler> {
  const add = async ({ name, amount }: Ask): Promise<Counted> => {
    const [row] = await managerOf(dataSource).query<Counted[]>(
      `insert into tally.counter as c (name, count, version) values ($1, $2, 1)
       on conflict (name) do update set count = c.count + excluded.count, version = c.version + 1
       returning name, count, version`,
      [name, amount],
    );
    return row!;
  };
  const look: Handler = async (input) => {
    const { name } = input as Named;
    const sql = 'select name, count, version from tally.counter where name = $1';
    const [row] = await managerOf(dataSource).query<Counted[]>(sql, [name]);
    return row ?? { name, count: 0, version: 0 };
  };
  const hold = async (ticket: string, item: Ask): Promise<Counted> => {
    const sql = 'insert into tally.ticket (name, id, amount) values ($1, $2, $3)';
    await managerOf(dataSource).query(sql, [item.name, ticket, item.amount]);
    return add(item);
  };
  const giveBack = async (ticket: string, { name }: Ask): Promise<Counted> => {
    const sql = 'delete from tally.ticket where name = $1 and id = $2 returning amount';
    const [[held]] = await managerOf(dataSource).query<[{ amount: number }[]]>(sql, [name, ticket]);
    return add({ name, amount: -(held?.amount ?? 0) });
  };
  return {
    look,
    peek: look,
    add: (input) => add(input as Ask),
    addAll: (input) => {
      const { ticket, items } = input as AskAll;
      if (items.some(({ amount }) => amount > most)) throw tally.error('addAll', 'too_many', { most });
      return each(items, (item) => hold(ticket, item));
    },
    takeAll: (input) => each((input as AskAll).items, (item) => giveBack((input as AskAll).ticket, item)),
  };
}

/** In one order for all: nobody waits for someone who waits for him. */
async function each(items: readonly Ask[], work: (item: Ask) => Promise<Counted>): Promise<CountedAll> {
  const done: Counted[] = [];
  for (const item of [...items].sort((a, b) => (a.name < b.name ? -1 : 1))) done.push(await work(item));
  return { items: done };
}
