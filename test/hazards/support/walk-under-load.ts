import { startNats, type TestNats } from '../../support/nats.js';
import { endAllPrograms } from '../../support/programs.js';
import {
  Client,
  makePremises,
  openService,
  openShop,
  type ModuleName,
  type OpenShop,
  type Premises,
} from '../../support/shop.js';
import { check } from './check.js';
import { Load } from './load.js';

const skus = Array.from({ length: 24 }, (_, i) => `W-${i}`);
const opening = 100_000;

/** Describes a module that walks out, back, and out again while customers order, look and cancel. */
export const walkUnderLoad = (module: ModuleName): void =>
  describe(`${module} walks under load`, () => {
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
