import { randomUUID } from 'node:crypto';
import { Twin } from '../support/twin.js';

/*
 * The server of a module's database starts anew, and there is no NATS: nobody could be asked whether anything is missing. What would go
 * wrong: a shop whose modules have never moved stands still after each restart of its server; or one that has moved goes on unproven.
 */
let twin: Twin;

beforeEach(async () => {
  twin = await Twin.open({ captured: false });
  await twin.monolith.test.query(`
    create table public.start (at timestamptz);
    insert into public.start select strangler.server_start();
    create or replace function strangler.server_start() returns timestamptz language sql stable parallel safe
      return (select at from public.start)`);
});
afterEach(() => twin.close());

/** As after a restart: with another start. */
const restart = () => twin.monolith.query(`update public.start set at = at + interval '1 hour'`);
const add = () => twin.monolith.executor.execute('add', { name: 'R-1', amount: 1 }, randomUUID());

it('a module that has never moved takes writes at once', async () => {
  await add();
  await restart();
  expect(await add()).toMatchObject({ count: 2 });
  expect(await twin.monolith.agent.prove()).toBe(true);
  expect((await twin.monolith.agent.state()).held).toBeNull();
});

it('where there is NATS, it waits until it has asked who claims it', async () => {
  await twin.monolith.query(`update strangler.ownership set asks = true where module = 'tally'`);
  await restart();
  await expect(add()).rejects.toMatchObject({ code: 'unproven' });
});

it('a module that moves waits for its peer', async () => {
  await twin.begin();
  await add();
  await restart();
  await expect(add()).rejects.toMatchObject({ code: 'unproven' });
});
