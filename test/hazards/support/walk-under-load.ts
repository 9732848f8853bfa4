import { startNats, type TestNats } from '../../support/nats.js';
import { endAllPrograms } from '../../support/programs.js';
import {
  Client,
  makeSetup,
  openService,
  openShop,
  type ModuleName,
  type OpenShop,
  type ShopSetup,
} from '../../support/shop.js';
import { check } from './check.js';
import { Load } from './load.js';

const skus = Array.from({ length: 24 }, (_, i) => `W-${i}`);
const opening = 100_000;

/** Describes a module that walks out, back, and out again while customers order, look and cancel. */
export const walkUnderLoad = (module: ModuleName): void =>
  describe(`${module} walks under load`, () => {
    let nats: TestNats;
    let setup: ShopSetup;
    let shop: OpenShop;

    beforeAll(async () => {
      nats = await startNats();
      setup = await makeSetup(nats.url);
      shop = await openShop(setup);
      await openService(setup, module);
      const admin = await Client.admin(shop.url);
      await Promise.all(skus.map((sku) => admin.stock(sku, opening)));
    });
    afterAll(async () => {
      endAllPrograms();
      await setup.drop();
      await nats.stop();
    });

    it('and loses, doubles and refuses nothing', async () => {
      const load = await Load.start({ url: shop.url, seed: 4711, skus });
      for (const away of [[module], [], [module]]) {
        await load.placed(30);
        await setup.extract(away);
        await setup.arrived();
      }
      await load.placed(30);
      await load.stop();
      await check(setup, load, { received: new Map(skus.map((sku) => [sku, opening])) });
      expect(load.history.of('order', 'ok').length).toBeGreaterThan(120);
    }, 240_000);
  });
