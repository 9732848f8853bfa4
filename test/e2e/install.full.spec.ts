import { Newcomer } from '../support/newcomer.js';

const minutes = 60_000;

describe('a fresh clone', () => {
  let newcomer: Newcomer;

  beforeAll(async () => {
    newcomer = await Newcomer.come('installed');
  }, 5 * minutes);

  afterAll(() => newcomer.leave());

  it('has after `npm ci` all that `npm start` needs, and may be closed to all others', async () => {
    const shop = newcomer.npm('start');
    await shop.printed(/The shop is open: http/);
    expect((await fetch(`${newcomer.url}/api/v1/products?limit=1`)).status).toBe(200);
    expect(shop.output).toContain('creating a PostgreSQL database');
    await shop.stop('SIGINT');
    await newcomer.nothingRuns();
  });
});
