import { Scene } from '../hazards/support/scene.js';
import { launchBrowser } from '../support/browser.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { Client, openGateway, readyGateway, type OpenShop } from '../support/shop.js';

/*
 * GraphQL where modules are on their way: products of one order belong to both sides, and one side goes. What could go wrong: keys are asked of the side
 * that does not own them, or one module that is away takes the whole answer with it.
 */

interface Answer {
  data: { getOrder: { status: string; customer: object; items: { product: { sku: string } | null }[] } };
  errors?: { path: (string | number)[]; extensions: { code: string } }[];
}

const query = `query ($userId: ID!, $id: ID!) {
  getOrder(userId: $userId, id: $id) { status customer { name } items { product { sku available } } }
}`;

describe('GraphQL of a shop whose inventory is half on its way', () => {
  let scene: Scene;
  let own: TestDatabase;
  let gateway: OpenShop;
  let customer: Client;
  let order: { id: string; userId: string };

  beforeAll(async () => {
    [scene, own] = await Promise.all([Scene.open(), freshDatabase()]);
    customer = await Client.register(scene.shop.url);
    await scene.goTo('shifting', 50);
    const skus = [scene.one('stays'), scene.one('moves')];
    const placed = await customer.order('graphql', Object.fromEntries(skus.map((sku) => [sku, 1])));
    order = placed.body;
    gateway = await readyGateway(scene.setup, own.url);
  }, 300_000);
  afterAll(async () => {
    await scene.close();
    await own.drop();
  });

  const ask = async (at: { url: string }) => {
    const asker = customer.at(at.url);
    return asker.send<Answer>('POST', '/graphql', { query, variables: order });
  };

  it.each(['the shop', 'a gateway'])('%s asks each owner for its products', async (who) => {
    const { status, body } = await ask(who === 'the shop' ? scene.shop : gateway);
    expect([status, body.errors]).toEqual([200, undefined]);
    expect(body.data.getOrder.items.map(({ product }) => product?.sku)).toEqual([
      scene.one('stays'),
      scene.one('moves'),
    ]);
  });

  it('of a module that is away the part is null, with the code of REST, and the rest is there', async () => {
    await scene.service.end('SIGKILL');
    const { status, body } = await ask(gateway);
    expect(status).toBe(200);
    expect(body.data.getOrder).toMatchObject({
      status: 'confirmed',
      customer: { name: expect.any(String) as string },
    });
    const codes = body.errors?.map(({ extensions }) => extensions.code);
    expect(new Set(codes)).toEqual(new Set(['unavailable']));
  }, 60_000);

  it('is explored in a browser where a setting says so, and nowhere else', async () => {
    const page = { headers: { accept: 'text/html' } };
    expect((await fetch(`${gateway.url}/graphql`, page)).status).not.toBe(200);
    const database = await freshDatabase();
    const open = await openGateway(scene.setup, database.url, { GRAPHQL_EXPLORER: 'on' });
    const browser = await launchBrowser();
    try {
      const tab = await browser.newPage();
      const complaints: string[] = [];
      tab.on('pageerror', (error) => complaints.push(String(error)));
      await tab.goto(`${open.url}/graphql`);
      await tab.getByRole('button', { name: /Execute query/ }).click();
      await tab.getByText('"listProducts"').first().waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
      await open.end();
      await database.drop();
    }
  }, 120_000);
});
