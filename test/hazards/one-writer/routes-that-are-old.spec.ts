import { Logger } from '@nestjs/common';
import { RouteBoard } from '#strangler/control/store/route-store';
import { followRoutes, publishRoutes } from '#strangler/nats/route-sync';
import { NatsLink } from '#strangler/nats/link';
import { routeOf, Routes, type RouteEntry } from '#strangler/routes/routes';
import { freshDatabase, type TestDatabase } from '../../support/postgres.js';
import { startNats, type TestNats } from '../../support/nats.js';
import { untilUp } from '../../support/rpc.js';
import { until } from '../../support/until.js';
import { Database } from '#strangler/database/database';

/*
 * A process has led a module, stood still, and goes on; meanwhile another one leads, and has moved it. Or a process cannot read its
 * database any more, and still answers over NATS what it once knew. What they say of where calls go is old, and takes no newer one's
 * place: not in the database, not in their own memory, not in a process that hears of both.
 */
const at = (version: number, phase: RouteEntry['phase']): RouteEntry => ({
  ...routeOf(phase),
  version,
  databases: { monolith: 'm', extracted: 'e' },
});

describe('in the database', () => {
  let test: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    test = await freshDatabase();
    database = new Database(test.url);
  });
  afterAll(async () => {
    await database.close();
    await test.drop();
  });

  it('a leader of old writes what it had decided: the later entry stands, and it learns it', async () => {
    const [old, now] = [new Routes(), new Routes()];
    const boards = [old, now].map((routes) => new RouteBoard(database, ['shelf'], routes));
    await boards[0]!.write('shelf', at(5, 'shadow'));
    await boards[1]!.write('shelf', at(7, 'shifting'));
    await boards[0]!.write('shelf', at(6, 'shadow'));
    const [row] = await test.query<{ phase: string }>(
      `select entry ->> 'phase' as phase from strangler.route where module = 'shelf'`,
    );
    expect(row).toEqual({ phase: 'shifting' });
    expect(old.entryOf('shelf')).toMatchObject({ version: 7, phase: 'shifting' });
    expect(now.entryOf('shelf')).toMatchObject({ version: 7, phase: 'shifting' });
  });
});

describe('over NATS', () => {
  let nats: TestNats;
  const links: NatsLink[] = [];
  beforeAll(async () => {
    Logger.overrideLogger(false);
    nats = await startNats();
  });
  afterAll(async () => {
    for (const link of links) await link.close();
    await nats.stop();
  });

  const connected = async (): Promise<NatsLink> => {
    const link = new NatsLink(() => Promise.resolve({ servers: nats.url }));
    link.start();
    links.push(link);
    await untilUp(link);
    return link;
  };

  it('a process that has lost its database answers first: who asks keeps what it knows', async () => {
    const told = new Routes();
    told.join({ database: 'm', shop: 'm', since: null, modules: [] });
    told.replace({ shelf: at(5, 'extracted') });
    publishRoutes(await connected(), told);
    const heard = new Routes();
    heard.join({ database: 'e', shop: 'm', since: null, modules: [] });
    heard.replace({ shelf: at(7, 'shifting') });
    const answers = jest.spyOn(heard, 'replace');
    const stop = followRoutes(await connected(), heard, ['shelf']);
    await until('it was answered', () => answers.mock.calls.length > 1 || undefined);
    stop();
    expect(answers.mock.calls[0]![0]).toMatchObject({ shelf: { version: 5, phase: 'extracted' } });
    expect(heard.phaseOf('shelf')).toBe('shifting');
  });
});
