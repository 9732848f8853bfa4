import { dataSourceOptions } from '#platform';
import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { CommandParts1764000000003 } from '../../migrations/strangler/0003-command-parts.js';
import { Claims1764000000011 } from '../../migrations/strangler/0011-claims.js';
import { Releases1764000000017 } from '../../migrations/strangler/0017-releases.js';
import { toyExecutor } from '../support/toy-executor.js';
import { toyDatabase, type ToyDatabase } from '../support/toy.js';

/* A database whose modules were there before commands had parts gets what those need. */
let database: ToyDatabase;

beforeAll(async () => (database = await toyDatabase()));
afterAll(() => database.drop());

it('the step back and the step there leave commands that work, and what they have stored', async () => {
  const { executor } = toyExecutor(database.dataSource);
  const commandId = randomUUID();
  await executor.execute('put', { name: 'A' }, commandId);
  const source = await new DataSource(dataSourceOptions(database.url, { poolSize: 1 })).initialize();
  const runner = source.createQueryRunner();
  const [parts, claims, releases] = [
    new CommandParts1764000000003(),
    new Claims1764000000011(),
    new Releases1764000000017(),
  ];
  await releases.down(runner);
  await claims.down(runner);
  await parts.down(runner);
  await runner.query('alter table toy.idempotency drop column undone');
  await runner.query('alter table toy.saga drop column side');
  const [old] = (await runner.query(`select state from strangler.begin_command('toy', $1, '{B}', 'hash')`, [
    randomUUID(),
  ])) as { state: string }[];
  expect(old?.state).toBe('new');
  await parts.up(runner);
  await claims.up(runner);
  await releases.up(runner);
  await runner.release();
  await source.destroy();
  expect(await executor.execute('put', { name: 'A' }, commandId)).toEqual({ name: 'A' });
  await executor.execute('putAll', { items: [{ name: 'A' }, { name: 'B' }] }, randomUUID());
  expect(await database.effects()).toEqual(['A', 'ALL A B']);
});
