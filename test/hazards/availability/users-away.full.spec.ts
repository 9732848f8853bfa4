import { startNats, type TestNats } from '../../support/nats.js';
import { endAllPrograms, type Program } from '../../support/programs.js';
import {
  Client,
  makeSetup,
  openService,
  openShop,
  type OpenShop,
  type ShopSetup,
} from '../../support/shop.js';
import { until } from '../../support/until.js';

/* The service that knows people is dead: customers go on with the tokens that they have, and an operator can still act. */
let nats: TestNats;
let setup: ShopSetup;
let shop: OpenShop;
let service: Program;

beforeAll(async () => {
  nats = await startNats();
  setup = await makeSetup(nats.url);
  await setup.extract(['users']);
  [service, shop] = await Promise.all([openService(setup, 'users'), openShop(setup)]);
  await setup.arrived();
});
afterAll(async () => {
  endAllPrograms();
  await setup.drop();
  await nats.stop();
});

const basic = (password: string) =>
  `Basic ${Buffer.from(`${setup.env['ADMIN_EMAIL']}:${password}`).toString('base64')}`;
const ask = (authorization: string, path = '/modules/users/history', method = 'GET') =>
  fetch(shop.adminUrl + path, { method, headers: { authorization } });

it('customers go on, and the bootstrap admin gets in by the password itself and stands in the history', async () => {
  const ann = await Client.register(shop.url);
  await setup.steerByHand();
  const password = setup.env['ADMIN_PASSWORD']!;
  expect((await ask(basic(password))).status).toBe(401);
  expect((await ann.send('GET', '/api/v1/orders')).status).toBe(200);
  await service.end();
  await until('the users cannot be asked', async () => (await ask(basic(password))).ok || undefined);
  expect((await ann.send('GET', '/api/v1/orders')).status).toBe(200);
  expect((await ask(basic('a guess'))).status).toBe(401);
  expect((await ask(basic(password), '/modules/users/pause', 'POST')).status).toBe(200);
  expect(await (await ask(basic(password))).text()).toContain(
    'admin@shop.example (the users could not be asked)',
  );
});
