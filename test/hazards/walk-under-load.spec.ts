import { startNats, type TestNats } from '../support/nats.js';
import { endAllPrograms } from '../support/programs.js';
import {
  Client,
  makePremises,
  openService,
  openShop,
  type ModuleName,
  type OpenShop,
  type Premises,
} from '../support/shop.js';
import { check } from './support/check.js';
import { Load } from './support/load.js';

const skus = Array.from({ length: 24 }, (_, i) => `W-${i}`);
const opening = 100_000;

/* A module walks out, back, and out again while customers order, look and cancel: nobody sees more than a slower answer. */
describe.each<{ module: ModuleName }>([
  { module: 'inventory' },
  { module: 'payments' },
  { module: 'orders' },
  { module: 'users' },
])('$module walks under load', ({ module }) => {
  let nats: TestNats;
  let premises: Premises;
  let shop: OpenShop;

  beforeAll(async () => {
    nats = await startNats();
    premises = await makePremises(nats.url);
    shop = await openShop(premises);
    await openService(premises, module);
    const admin = await Client.admin(shop.url);
    await Promise.all(skus.map((sku) => admin.stock(sku, opening)));
  });
  afterAll(async () => {
    endAllPrograms();
    await premises.drop();
    await nats.stop();
  });

  it('and loses, doubles and refuses nothing', async () => {
    const load = await Load.start({ url: shop.url, seed: 4711, skus });
    for (const away of [[module], [], [module]]) {
      await load.placed(30);
      await premises.extract(away);
      await premises.arrived();
    }
    await load.placed(30);
    await load.stop();
    await check(premises, load, { received: new Map(skus.map((sku) => [sku, opening])) });
    expect(load.history.of('order', 'ok').length).toBeGreaterThan(120);
  }, 240_000);
});
