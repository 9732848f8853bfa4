import { randomUUID } from 'node:crypto';
import { startNats, type TestNats } from '../../support/nats.js';
import { endAllPrograms } from '../../support/programs.js';
import {
  Client,
  makeSetup,
  openService,
  openShop,
  type OpenShop,
  type ShopSetup,
} from '../../support/shop.js';

/*
 * The users walk to a service whose table keeps first and last names apart, and home again. Names, passwords and tokens
 * must go with them: one key signs on both sides, so that nobody is logged out by a move.
 */
let nats: TestNats;
let setup: ShopSetup;
let shop: OpenShop;
let admin: Client;

beforeAll(async () => {
  nats = await startNats();
  setup = await makeSetup(nats.url);
  shop = await openShop(setup);
  admin = await Client.admin(shop.url);
});
afterAll(async () => {
  endAllPrograms();
  await setup.drop();
  await nats.stop();
});

const names = ['Ada', 'Ada King Noel', ' Ada', 'Ada ', 'a  b', '\\ "\'', '艾达 😀'];

const register = async (name: string): Promise<string> => {
  const login = { email: `${randomUUID()}@shop.example`, password: 'a long password' };
  return (await admin.send<{ id: string }>('POST', '/api/v1/users', { ...login, name })).body.id;
};
const nameOf = async (id: string): Promise<string> =>
  (await admin.send<{ name: string }>('GET', `/api/v1/users/${id}`)).body.name;
const namesOf = (ids: readonly string[]) => Promise.all(ids.map(nameOf));
const keysAt = (url: string) =>
  setup.on<{ kid: string }>(url, 'select kid from users.signing_key order by kid');

it('nothing of a name is lost on the way out and home, and nobody is logged out', async () => {
  const before = await Promise.all(names.map(register));
  await setup.extract(['users']);
  await openService(setup, 'users');
  await setup.arrived();

  expect(await namesOf(before)).toEqual(names);
  const split = await setup.on<{ first: string; last: string | null }>(
    setup.urls.users,
    `select first_name as first, last_name as last from users.account where id = $1`,
    [before[1]],
  );
  expect(split).toEqual([{ first: 'Ada', last: 'King Noel' }]);
  expect(await keysAt(setup.urls.users)).toEqual(await keysAt(setup.urls.shop));

  const there = await Promise.all(names.map(register));
  await admin.send('PATCH', `/api/v1/users/${before[0]}`, { name: 'Countess  Ada ' });
  const someone = await Client.register(shop.url);
  await setup.extract([]);
  await setup.arrived();

  expect(await namesOf(there)).toEqual(names);
  expect(await namesOf(before)).toEqual(['Countess  Ada ', ...names.slice(1)]);
  expect(await someone.send('GET', `/api/v1/users/${someone.id}`)).toMatchObject({ status: 200 });
});
