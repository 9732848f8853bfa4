import { Logger, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClicksAndTally,
  clicks,
  clicksDatabase,
  listener,
  tally,
} from '../../../../../test/support/clicks.js';
import type { TestDatabase } from '../../../../../test/support/postgres.js';
import { until } from '../../../../../test/support/until.js';
import { StranglerModule } from '../../nest/strangler.module.js';
import { Router } from '../router.js';

/* A subscriber that takes its time over one key: whoever delivers goes on to lead, and to deliver the others. */

let database: TestDatabase;
let app: INestApplicationContext;
let release: () => void = () => undefined;

@Module({})
class App {}

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await clicksDatabase('monolith');
  const contracts = [clicks, tally];
  const imports = [
    StranglerModule.forRoot({ side: 'monolith', contracts, database: database.url }),
    ClicksAndTally,
  ];
  const how = { logger: false, abortOnError: false } as const;
  app = await NestFactory.createApplicationContext({ module: App, imports }, how);
});
afterAll(async () => {
  release();
  await app.close();
  await database.drop();
});

/** The session that holds the lock of who delivers, and when it was last asked something. */
async function leader(): Promise<{ pid: number; asked: string } | undefined> {
  const [row] = await database.query<{ pid: number; asked: string }>(
    `select a.pid, a.query_start::text as asked from pg_locks l join pg_stat_activity a using (pid)
     where l.locktype = 'advisory' and l.classid::int = strangler.event_lock() and l.objid = (hashtext('clicks')::bigint & 4294967295)::oid and l.granted
       and a.datname = current_database()`,
  );
  return row;
}

it('the session that leads says that it is alive while somebody is called: the server would end it', async () => {
  const router = app.get(Router);
  const isHeld = new Promise<void>((begun) => {
    listener.before = ({ name }) => {
      if (name !== 'slow') return undefined;
      begun();
      return new Promise((resolve) => (release = resolve));
    };
  });
  await router.port(clicks).click({ name: 'slow' });
  await isHeld;
  const before = await until('somebody leads', leader);
  const later = await until('it is asked something', async () => {
    const now = await leader();
    return now && now.asked !== before.asked ? now : undefined;
  });
  expect(later.pid).toBe(before.pid);
});
