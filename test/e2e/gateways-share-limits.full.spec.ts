import { freePort } from '../support/ports.js';
import { startNats, type TestNats } from '../support/nats.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { endAllPrograms } from '../support/programs.js';
import { Client, makeSetup, openShop, readyGateway, type OpenShop, type ShopSetup } from '../support/shop.js';
import { until } from '../support/until.js';

/*
 * Two gateways with one limit. What would go wrong: whoever asks both gets twice the limit, or guesses twice as many passwords; and when
 * one is killed, what it was granted is lost.
 */
const burst = 40;
const perMinute = 6;

let nats: TestNats;
let setup: ShopSetup;
let own: TestDatabase;
let gateways: OpenShop[];

beforeAll(async () => {
  [nats, own] = await Promise.all([startNats(), freshDatabase()]);
  setup = await makeSetup(nats.url);
  await openShop(setup);
  gateways = await Promise.all(
    [await freePort(), await freePort()].map((port) =>
      readyGateway(setup, own.url, {
        PORT: String(port),
        TRUST_PROXY: '1',
        RATE_PER_ADDRESS: `${perMinute}/m burst ${burst}`,
        RATE_PER_USER: `${perMinute}/m burst ${burst / 2}`,
        RATE_PER_ROUTE: `GET /api/v1/users/:id ${perMinute}/m burst ${burst / 4}`,
      }),
    ),
  );
  await Promise.all(gateways.map((gateway) => sharedBy(gateway, 2)));
}, 120_000);
afterAll(async () => {
  endAllPrograms();
  await nats.stop();
  await Promise.all([setup.drop(), own.drop()]);
});

const sharedBy = ({ adminUrl }: OpenShop, live: number) =>
  until(`the limits are shared by ${live}`, async () => {
    const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
    return metrics.includes(`\napi_limits_shared_by ${live}\n`) || undefined;
  });

/** An address that nobody has asked from. */
const anew = (() => {
  let last = 0;
  return () => `10.9.0.${++last}`;
})();

interface Ask {
  path: string;
  /** The address that the request comes from. */
  from?: string;
  as?: Client;
}

/** Asks those gateways in turn, well beyond the limit. Gives how many each let through, and how many the limit lets through in that time. */
async function askBeyond(most: number, asked: readonly OpenShop[], { path, from, as }: Ask) {
  const since = performance.now();
  const taken = await Promise.all(
    asked.map(async ({ url }) => {
      let count = 0;
      for (let i = 0; i < 2 * most; i++) {
        const headers = {
          'x-forwarded-for': from ?? anew(),
          ...(as && { authorization: as.authorization }),
        };
        const answer = await fetch(url + path, { headers });
        await answer.body?.cancel();
        if (answer.status !== 429) count++;
      }
      return count;
    }),
  );
  // Each may have a part of a request left over.
  const inTime = most + (perMinute * (performance.now() - since)) / 60_000 + asked.length;
  return { taken, sum: taken.reduce((a, b) => a + b), inTime };
}

const logIn = async ({ url }: OpenShop, email: string, from: string) => {
  const answer = await fetch(`${url}/api/v1/auth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
    body: JSON.stringify({ email, password: 'not that one' }),
  });
  await answer.body?.cancel();
  return answer.status;
};

it('together they let through what the limit says: of an address, a user, a route', async () => {
  const customer = await Client.register(gateways[0]!.url);
  const list = '/api/v1/products?limit=1';
  const one = `/api/v1/users/${customer.id}`;
  for (const [most, ask] of [
    [burst, { path: list, from: anew() }],
    [burst / 2, { path: '/api/v1/orders', as: customer }],
    // Whoever asks for it; that they may not is found out later.
    [burst / 4, { path: one, as: await Client.admin(gateways[0]!.url) }],
  ] as const) {
    const { taken, sum, inTime } = await askBeyond(most, gateways, ask);
    expect([ask.path, sum >= most, sum <= inTime]).toEqual([ask.path, true, true]);
    // None of them has it all.
    for (const count of taken) expect(count).toBeLessThan(most);
  }
});

it('one is killed: the other one lets through the whole limit, and knows of the guesses that the killed one has seen', async () => {
  const [stays, killed] = gateways as [OpenShop, OpenShop];
  const from = anew();
  const guess = (at: OpenShop) => logIn(at, 'ann@guessed.example', from);
  // Five cost nothing, wherever they were made.
  for (let i = 0; i < 5; i++) expect(await guess(i % 2 === 0 ? killed : stays)).toBe(401);
  await killed.end('SIGKILL');
  const since = performance.now();
  const statuses: number[] = [];
  for (let i = 0; i < 10; i++) statuses.push(await guess(stays));
  // One more is seen at once, and then one after waits of 1, 2, 4, … s.
  const seen = statuses.filter((status) => status === 401).length;
  expect(seen).toBeGreaterThan(0);
  expect(seen).toBeLessThanOrEqual(1 + Math.log2(1 + (performance.now() - since) / 1_000));
  await sharedBy(stays, 1);
  const { sum, inTime } = await askBeyond(burst, [stays], { path: '/api/v1/products?limit=1', from: anew() });
  expect([sum >= burst, sum <= inTime]).toEqual([true, true]);
});
