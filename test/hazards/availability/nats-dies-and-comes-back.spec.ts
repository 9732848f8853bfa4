import type { DomainError } from 'nestjs-strangler/contract';
import { randomUUID } from 'node:crypto';
import { refusal } from '../../support/failure.js';
import { startNats, type TestNats } from '../../support/nats.js';
import { callToy, serveToy, untilUp, type ToyCaller, type ToyService } from '../../support/rpc.js';
import { toyDatabase, type ToyDatabase } from '../../support/toy.js';
import { toyExecutor } from '../../support/toy-executor.js';
import { until } from '../../support/until.js';

/*
 * The broker is killed and started again under running processes. Calls fail with what is true of them (nothing done, or
 * unknown), none hangs, and both processes find each other again without a restart of theirs.
 */
let nats: TestNats;
let database: ToyDatabase;
let service: ToyService;
let caller: ToyCaller;

beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), toyDatabase()]);
  service = await serveToy(nats, toyExecutor(database.dataSource).executor);
  caller = callToy(nats);
  await untilUp(caller.link);
});
afterEach(() => database.query('truncate toy.effect, toy.idempotency'));
afterAll(async () => {
  await caller.close();
  await service.close();
  await Promise.all([nats.stop(), database.drop()]);
});

const unlessUnavailable = (error: unknown): undefined => {
  if ((error as DomainError).code !== 'unavailable') throw error;
};
const down = () => until('the caller knows', () => (caller.link.current ? undefined : true));
const answered = () =>
  until('calls are answered', () => caller.port.look({ name: 'A' }).catch(() => undefined));

it('while it is away calls are unavailable; afterwards they are answered; and so once more', async () => {
  for (let i = 0; i < 2; i++) {
    await nats.kill();
    await down();
    expect(await refusal(caller.port.look({ name: 'A' }))).toMatchObject({ code: 'unavailable' });
    // Known not to have left: not of unknown outcome.
    expect(await refusal(caller.port.put({ name: 'A' }))).toMatchObject({ code: 'unavailable' });
    await nats.restart();
    expect(await answered()).toEqual({ name: 'A' });
  }
  expect(await database.effects()).toEqual([]);
});

it('commands that run into it end in one of two errors; repeated under their ids they are all done, each once', async () => {
  const commands = Array.from({ length: 300 }, (_, i) => ({ name: `N-${i}`, commandId: randomUUID() }));
  const put = ({ name, commandId }: (typeof commands)[number]) => caller.port.put({ name }, { commandId });
  // 300 at once are more than one process lets in.
  const untilDone = (each: (typeof commands)[number]) =>
    until('it is let in', () => put(each).catch(unlessUnavailable));
  const ends: Promise<string>[] = [];
  for (const [i, each] of commands.entries()) {
    const end = put(each).then(
      () => 'ok',
      (error: unknown) => (error as DomainError).code,
    );
    ends.push(end);
    // Some have been answered, some are on their way, some are still to come.
    if (i === 100) await Promise.any(ends);
    if (i === 150) await nats.kill();
  }
  const seen = new Set(await Promise.all(ends));
  expect([...seen].filter((end) => !['ok', 'unavailable', 'outcome_unknown'].includes(end))).toEqual([]);
  expect(seen).toContain('ok');
  expect(seen.size).toBeGreaterThan(1);
  await nats.restart();
  await answered();
  await Promise.all(commands.map(untilDone));
  expect((await database.effects()).sort()).toEqual(commands.map(({ name }) => name).sort());
});

it('it refuses our credentials for a while: the link does not give up', async () => {
  const connection = await untilUp(caller.link);
  let refused = 0;
  void (async () => {
    for await (const { type } of connection.status()) if (type === 'error') refused++;
  })();
  await nats.kill();
  await down();
  await nats.restart('--user', 'someone', '--pass', 'else');
  await until('it was refused several times', () =>
    refused > 2 || connection.isClosed() ? true : undefined,
  );
  await nats.kill();
  await nats.restart();
  expect(await answered()).toEqual({ name: 'A' });
});
