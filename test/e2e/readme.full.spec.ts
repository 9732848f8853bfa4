import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Newcomer } from '../support/newcomer.js';
import { Client } from '../support/shop.js';
import { until } from '../support/until.js';

const minutes = 60_000;

/** The README's commands as a newcomer types them, in an empty copy of the repository; with the packages of this one, see install.full.spec.ts. */
describe('a newcomer', () => {
  let newcomer: Newcomer;

  beforeAll(async () => {
    newcomer = await Newcomer.come('linked');
  });

  afterAll(() => newcomer.leave());

  it(
    'starts the shop, orders, flips a module, replays, starts again after it was killed, with all that was there, and leaves nothing running',
    async () => {
      const shop = newcomer.npm('start');
      await shop.printed(/The shop is open: http/);
      expect((await fetch(`${newcomer.url}/docs`)).status).toBe(200);
      expect((await fetch(`${newcomer.url}/health/ready`)).status).toBe(200);

      const customer = await Client.register(newcomer.url);
      const { body } = await customer.send<{ items: { sku: string; available: number }[] }>(
        'GET',
        '/api/v1/products?limit=2',
      );
      const sku = body.items[0]?.sku as string;
      const placed = await customer.order('first', { [sku]: 2 });
      expect(placed).toMatchObject({ status: 201, body: { status: 'confirmed' } });
      expect(placed.headers.get('x-served-by')).toContain('inventory=monolith');
      const cancelled = await customer.send('POST', `/api/v1/orders/${placed.body.id}/cancel`);
      expect(cancelled.body).toMatchObject({ status: 'cancelled' });

      const doctor = newcomer.npm('run', 'strangler', '--', 'doctor');
      expect(await doctor.ended()).toBe(0);
      // Nothing has moved: a look must not fetch and start NATS.
      expect(existsSync(join(newcomer.folder, '.data/nats.conf'))).toBe(false);

      const service = newcomer.npm('run', 'start:extracted', '--', 'inventory');
      await service.printed(/inventory is served/);
      await want('extracted');
      await until('inventory answers from the other process, with the same goods', async () => {
        const answer = await customer.send<{ items?: { sku: string }[] }>('GET', '/api/v1/products?limit=1');
        const there = answer.headers.get('x-served-by') === 'inventory=extracted';
        return there && answer.body.items?.[0]?.sku === sku ? true : undefined;
      });

      const replay = newcomer.npm('run', 'replay', '--', '--limit', '20');
      expect(await replay.ended()).toBe(0);
      expect(replay.output).toMatch(/placed +20\n/);

      await want('monolith');
      await until('inventory answers from the monolith again', async () => {
        const answer = await customer.send('GET', '/api/v1/products?limit=1');
        return answer.headers.get('x-served-by') === 'inventory=monolith' ? true : undefined;
      });
      await service.stop('SIGINT');
      await shop.stop('SIGKILL');

      const again = newcomer.npm('start');
      await again.printed(/The shop is open/);
      expect(again.output).not.toContain('creating a PostgreSQL database');
      expect((await customer.send('GET', `/api/v1/users/${customer.id}`)).status).toBe(200);
      await again.stop('SIGINT');
      await newcomer.nothingRuns();
    },
    4 * minutes,
  );

  /** As the README says it, but in one step, and watched for a second. */
  async function want(phase: string): Promise<void> {
    const file = join(newcomer.folder, 'strangler.yaml');
    const line = /^inventory: \{ phase: extracted \}$/m.exec(
      await readFile(join(newcomer.folder, 'README.md'), 'utf8'),
    );
    const wish = line![0].replace('extracted', `${phase}, ramp: [100], probeBake: 1s`);
    await writeFile(file, (await readFile(file, 'utf8')).replace(/inventory: \{.*\}\n/, `${wish}\n`));
  }
});
