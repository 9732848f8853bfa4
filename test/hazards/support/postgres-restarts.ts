import { startPostgres, type OwnPostgres } from '../../support/own-postgres.js';
import { Client } from '../../support/shop.js';
import { Scene } from './scene.js';

/** Describes the database server of the extracted side that goes down at 50 % and comes back; then the walk goes on. */
export const postgresRestarts = (how: 'in order' | 'crash', seed: number): void =>
  describe(how, () => {
    let postgres: OwnPostgres;
    let scene: Scene;
    let customer: Client;

    beforeAll(async () => {
      postgres = await startPostgres();
      scene = await Scene.open({ INVENTORY_DATABASE_URL: postgres.database('inventory') });
      customer = await Client.register(scene.shop.url);
      await scene.goTo('shifting', 50);
    }, 120_000);
    afterAll(async () => {
      await scene.close();
      await postgres.stop();
    });

    it('what stayed goes on, what moved is unavailable for a while, nothing is lost', async () => {
      const load = await scene.load(seed);
      await load.placed(20);
      await postgres.end(how);
      await scene.until('it shows that it is degraded', ({ degraded }) => degraded);
      for (let i = 0; i < 5; i++) {
        expect((await scene.order(customer, scene.one('stays'))).status).toBe(201);
        expect([503, 504]).toContain((await scene.order(customer, scene.one('moves'))).status);
      }
      await postgres.restart();
      await scene.until(
        'both sides confirm',
        ({ degraded, sides }) => !degraded && Boolean(sides.extracted?.healthy),
      );
      expect((await scene.order(customer, scene.one('moves'))).status).toBe(201);
      await load.placed(20);
      await load.stop();
      await scene.check(load, 'monolith', 'some');
      await scene.check(load, 'extracted', 'some');
      expect(await scene.differences()).toBe(0);
    }, 180_000);

    it('and the walk goes on to its end', async () => {
      await scene.goTo('extracted');
      expect(await scene.differences()).toBe(0);
    }, 120_000);
  });
