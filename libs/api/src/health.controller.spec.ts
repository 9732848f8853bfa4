import request from 'supertest';
import { edge } from './testing/edge.js';

describe('health', () => {
  let shop: Awaited<ReturnType<typeof edge>>;
  let broken: Error | undefined;
  let loaded = true;

  beforeAll(async () => {
    const database = async () => {
      if (broken) throw broken;
    };
    const sample = () => {
      if (!loaded) throw new Error('still loading');
    };
    const checks = [
      { name: 'database', check: database },
      { name: 'sample', check: sample },
    ];
    shop = await edge({}, { readiness: { useFactory: () => checks } });
  });
  afterAll(() => shop.app.close());

  const status = async (path: string) => (await request(shop.server).get(path)).status;

  it('a process is ready when all checks hold', async () => {
    const answer = await request(shop.server).get('/health/ready');
    expect(answer.body).toEqual({
      status: 'ok',
      details: { database: { status: 'up' }, sample: { status: 'up' } },
    });
  });

  it('is not ready while one does not, says which one, and keeps the reason for the log', async () => {
    broken = new Error('connect ECONNREFUSED 10.1.2.3');
    loaded = false;
    const answer = await request(shop.server).get('/health/ready');
    expect(JSON.parse(answer.text)).toMatchObject({
      status: 503,
      code: 'unavailable',
      detail: 'not ready: database, sample',
    });
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.text).not.toContain('10.1.2.3');
    expect(JSON.stringify(shop.lines)).toContain('10.1.2.3');
    [broken, loaded] = [undefined, true];
    expect(await status('/health/ready')).toBe(200);
  });

  it('lives all the time, and no probe is in the log', async () => {
    broken = new Error('gone');
    expect(await status('/health/live')).toBe(200);
    expect(shop.lines.filter(({ path }) => String(path).startsWith('/health'))).toEqual([]);
  });
});
