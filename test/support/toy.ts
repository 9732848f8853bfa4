import { command, contract, List, Maybe, query } from 'nestjs-strangler/contract';
import { Sku } from '#contracts';
import { IsInt, IsString } from 'class-validator';
import { DataSource } from 'typeorm';
import { buckets } from '#strangler/routes/bucket';
import type { Side } from '#strangler/routes/phase';
import { patientOptions } from './patient-options.js';
import { freshDatabase, type TestDatabase } from './postgres.js';

export class Ask {
  @Sku() name: string;
  @Maybe() @IsInt() amount?: number | null;
  @Maybe() @IsString() text?: string | null;
}

export class Answer {
  @Sku() name: string;
  @Maybe() @IsInt() amount?: number | null;
  @Maybe() @IsString() text?: string | null;
}

class AskAll {
  @List(() => Ask) items: Ask[];
}

class AnswerAll {
  @List(() => Answer) items: Answer[];
}

/** Name by name. */
const byName = {
  keys: (i: AskAll) => i.items.map((item) => item.name),
  pick: ({ items }: AskAll, names: readonly string[]) => ({
    items: items.filter(({ name }) => names.includes(name)),
  }),
  /** Each name once, in the order in which the input first has it. */
  merge: ({ items }: AskAll, outputs: readonly AnswerAll[]) => {
    const answers = new Map(outputs.flatMap((output) => output.items).map((item) => [item.name, item]));
    return { items: [...new Set(items.map(({ name }) => name))].flatMap((name) => answers.get(name) ?? []) };
  },
  timeoutMs: 20_000,
};

/** A module of no shop, for tests of the toolkit: what its operations do, a test says. */
export const toy = contract('toy', {
  ownership: 'by-key',
  operations: {
    look: query({ input: Ask, output: Answer, errors: ['not_found'], key: (i) => i.name, timeoutMs: 20_000 }),
    put: command({ input: Ask, output: Answer, errors: ['too_many'], key: (i) => i.name, timeoutMs: 20_000 }),
    take: command({ input: Ask, output: Answer, key: (i) => i.name, timeoutMs: 20_000 }),
    putAll: command({
      input: AskAll,
      output: AnswerAll,
      errors: ['too_many'],
      undo: 'takeAll',
      ...byName,
    }),
    takeAll: command({ input: AskAll, output: AnswerAll, ...byName }),
    /** Name by name, as `putAll`. */
    lookAll: query({ input: AskAll, output: AnswerAll, errors: ['not_found'], ...byName }),
    list: query({ input: Ask, output: Answer, reads: 'any', timeoutMs: 20_000 }),
    /** For those whose answer is held back. */
    lookBriefly: query({ input: Ask, output: Answer, key: (i) => i.name, timeoutMs: 300 }),
    putBriefly: command({ input: Ask, output: Answer, key: (i) => i.name, timeoutMs: 300 }),
  },
});

/** A database in which toy modules have their tables: `effect`, idempotency, sagas. */
export interface ToyDatabase extends TestDatabase {
  readonly dataSource: DataSource;
  /** What commands have written down, of one module, in order. */
  effects(module?: string): Promise<string[]>;
}

/** `side`: which of the two it is, all owned by it unless `extractedBelow` says otherwise. */
export async function toyDatabase({
  modules = ['toy'],
  poolSize = 10,
  side = 'monolith',
  extractedBelow = side === 'monolith' ? 0 : buckets,
}: {
  modules?: string[];
  poolSize?: number;
  side?: Side;
  extractedBelow?: number;
} = {}): Promise<ToyDatabase> {
  const database = await freshDatabase();
  const dataSource = await new DataSource(patientOptions(database.url, { poolSize })).initialize();
  for (const module of modules) {
    await createTables(dataSource, module);
    await dataSource.query(
      `insert into strangler.ownership (module, side, extracted_below, home) values ($1, $2, $3, strangler.home())`,
      [module, side, extractedBelow],
    );
  }
  return {
    ...database,
    dataSource,
    effects: async (module = 'toy') => {
      const rows = await database.query<{ what: string }>(`select what from ${module}.effect order by id`);
      return rows.map(({ what }) => what);
    },
    drop: async () => {
      await dataSource.destroy();
      await database.drop();
    },
  };
}

async function createTables(dataSource: DataSource, module: string): Promise<void> {
  const runner = dataSource.createQueryRunner();
  await runner.query(`create schema ${module}`);
  await runner.query(`create table ${module}.effect (id bigserial primary key, what text not null)`);
  await runner.query(`select strangler.create_idempotency_table('${module}')`);
  await runner.query(`select strangler.create_saga_table('${module}')`);
  await runner.release();
}
