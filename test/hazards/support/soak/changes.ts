import { queryOnce } from '../../../support/postgres.js';
import { pause, until } from '../../../support/until.js';
import type { Load } from '../load.js';
import { bothSides, type Side } from '../moving-modules.js';
import type { Change } from './plan.js';
import type { SoakShop } from './soak-shop.js';

const keys: Readonly<Record<Change['table'], string>> = {
  'inventory.stock_item': 'sku',
  'inventory.reservation': 'sku',
  'orders.orders': 'user_id',
  'payments.payment': 'order_id',
};
/** So many orders are placed between two steps. */
const between = 3;
/** So many rows are written in each form. */
const rows = 8;
/** Somebody tries a statement for so long, in ms. */
const patienceMs = 240_000;
/** A lock is waited for so long at a time: nobody queues up behind it. */
const lock = `set lock_timeout = '2s'`;

/** A step that is not a statement at both sides: what the next release writes, here by SQL at the owner. */
type Step = { everywhere: string } | { set: string };

/** Added, written, widened, written, with a new unique rule, dropped (docs/schema-changes.md). */
const stepsOf = (table: Change['table'], column: string): Step[] => [
  { everywhere: `alter table ${table} add column if not exists ${column} integer default 1` },
  { set: `${column} = coalesce(${column}, 0) + 1` },
  { everywhere: `alter table ${table} alter column ${column} type bigint` },
  { set: `${column} = 5000000000` },
  { everywhere: `create index if not exists ${column}_rule on ${table} (${keys[table]}, ${column})` },
  { set: `${column} = ${column} + 1` },
  { everywhere: `drop index if exists ${table.split('.')[0]}.${column}_rule` },
  { everywhere: `alter table ${table} alter column ${column} drop default` },
  { everywhere: `alter table ${table} drop column if exists ${column}` },
];

/** Schemas change while all else goes on. */
export class Changes {
  done = 0;
  /** Rows that were written in a new form. */
  written = 0;

  constructor(
    private readonly shop: SoakShop,
    private readonly load: Load,
    private readonly tell: (line: string) => void,
  ) {}

  async carryOut({ table, first }: Change): Promise<void> {
    const column = `soak_${this.done}`;
    this.tell(`the schema of ${table} changes, first at ${first}`);
    for (const step of stepsOf(table, column)) {
      if ('everywhere' in step) await this.everywhere(table, first, step.everywhere);
      else await this.write(table, step.set);
    }
    this.done += 1;
    this.tell(`the schema of ${table} has changed`);
  }

  private async everywhere(table: Change['table'], first: Side, sql: string): Promise<void> {
    for (const side of [first, ...bothSides.filter((each) => each !== first)]) {
      await patiently(sql, () => this.on(side, table, `${lock}; ${sql}`));
      await this.load.placed(between);
    }
  }

  /** Some rows, each at whoever owns it. */
  private async write(table: Change['table'], set: string): Promise<void> {
    const found = await patiently(table, () =>
      this.on<{ id: string }>(
        'monolith',
        table,
        `select ctid::text, ${keys[table]} as id from ${table} order by random() limit ${rows}`,
      ),
    );
    for (const { id } of found) await this.writeOne(table, set, id);
  }

  private async writeOne(table: Change['table'], set: string, id: string): Promise<void> {
    const sql = `update ${table} set ${set} where ${keys[table]} = $1`;
    let turn = 0;
    await patiently(`${table} ${id}`, () => this.on(bothSides[turn++ % 2]!, table, sql, [id]));
    this.written += 1;
  }

  private on<T extends object>(
    side: Side,
    table: Change['table'],
    sql: string,
    params?: unknown[],
  ): Promise<T[]> {
    const module = table.split('.')[0] as Parameters<SoakShop['urlOf']>[1];
    return queryOnce<T>(this.shop.urlOf(side, module), sql, params);
  }
}

/** Who owns it no more, nobody yet, a side that has not proven itself; a lock; a deadlock; a server that is away. */
const passing = /^(SR409|SR423|SR425|55P03|40P01|57P0.|08...|ECONN.*)$/;

/** A statement of somebody who tries again. */
async function patiently<T>(what: string, run: () => Promise<T>): Promise<T> {
  let last: unknown;
  const tried = async () => {
    try {
      return { answer: await run() };
    } catch (error) {
      last = error;
      const { code = '', message } = error as { code?: string; message: string };
      if (!passing.test(code) && !message.includes('terminated')) throw error;
      await pause(50);
      return undefined;
    }
  };
  const { answer } = await until(what, tried, patienceMs).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${what}: ${String(last)}`);
  });
  return answer;
}
