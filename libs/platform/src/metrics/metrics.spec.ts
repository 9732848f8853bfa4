import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { registerGauges } from './gauges.js';
import { poolGauges } from './pool-gauges.js';
import { registerHistogram } from './histogram.js';
import { openOperations } from '#strangler/operate/health/operations-server';
import { createRegistry } from './registry.js';

const registry = () => createRegistry({ service: 'inventory', version: '1.2.3' });
const local = { host: '127.0.0.1', port: 0 };

it('a registry has the figures of its process: memory, event loop, and who it is', async () => {
  const text = await registry().metrics();
  for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds'])
    expect(text).toMatch(new RegExp(`^${name} [\\d.e-]+$`, 'm'));
  expect(text).toContain('app_info{service="inventory",version="1.2.3"} 1');
});

it('a histogram is written with its buckets summed up, as Prometheus wants them', async () => {
  const of = registry();
  const tally = { labels: { side: 'extracted' }, counts: [2, 1, 4], count: 7, sum: 1.5 };
  registerHistogram(of, {
    name: 'calls',
    help: 'Calls',
    labels: ['side'],
    bounds: [0.1, 1],
    read: () => [tally],
  });
  const text = await of.getSingleMetricAsString('calls');
  expect(text).toBe(
    [
      '# HELP calls Calls',
      '# TYPE calls histogram',
      'calls_bucket{side="extracted",le="0.1"} 2',
      'calls_bucket{side="extracted",le="1"} 3',
      'calls_bucket{side="extracted",le="+Inf"} 7',
      'calls_sum{side="extracted"} 1.5',
      'calls_count{side="extracted"} 7',
    ].join('\n'),
  );
});

it('gauges of one set are read by one question a scrape, and left out while it fails', async () => {
  const of = registry();
  let asked = 0;
  let broken = false;
  registerGauges(of, {
    gauges: { rows: { help: 'Rows', labels: ['module'] }, lag: { help: 'Lag', labels: ['module'] } },
    read: async () => {
      asked++;
      if (broken) throw new Error('the database is away');
      return {
        rows: [{ labels: { module: 'a' }, value: 3 }],
        lag: [{ labels: { module: 'a' }, value: 0.5 }],
      };
    },
  });
  registerGauges(of, poolGauges({ commands: () => ({ totalCount: 5, idleCount: 3, waitingCount: 7 }) }));
  const text = await of.metrics();
  expect(text).toContain('rows{module="a"} 3');
  expect(text).toContain('lag{module="a"} 0.5');
  expect(text).toContain('database_pool_connections{pool="commands",state="used"} 2');
  expect(text).toContain('database_pool_connections{pool="commands",state="idle"} 3');
  expect(asked).toBe(1);
  broken = true;
  const later = await of.metrics();
  expect(later).not.toMatch(/^rows\{/m);
  expect(later).toContain('database_pool_waiting{pool="commands"} 7');
});

it('a question that hangs is asked once, however many scrapes come, and they are answered without it', async () => {
  const of = registry();
  let asked = 0;
  registerGauges(of, {
    gauges: { rows: { help: 'Rows', labels: [] } },
    read: () => {
      asked++;
      return new Promise<never>(() => undefined);
    },
  });
  jest.useFakeTimers();
  for (let i = 0; i < 2; i++) {
    const text = of.metrics();
    await jest.advanceTimersByTimeAsync(3_000);
    expect(await text).toContain('app_info');
  }
  jest.useRealTimers();
  expect(asked).toBe(1);
});

it('the health port answers health and metrics, and nothing else', async () => {
  let ready = false;
  const server = await openOperations(local, {
    registry: registry(),
    checks: [
      { name: 'database', check: () => undefined },
      {
        name: 'nats',
        check: () => {
          if (!ready) throw new Error('postgres://user:secret@host');
        },
      },
    ],
  });
  const get = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${server.port}${path}`, { method });
  expect(await (await get('/health/live')).json()).toEqual({ status: 'ok' });
  const refused = await get('/health/ready');
  expect([refused.status, refused.headers.get('content-type')]).toEqual([503, 'application/problem+json']);
  expect(await refused.json()).toMatchObject({ code: 'unavailable', detail: 'not ready: nats' });
  ready = true;
  expect((await get('/health/ready')).status).toBe(200);
  const metrics = await get('/metrics?x=1');
  expect(metrics.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  expect(await metrics.text()).toContain('app_info');
  for (const path of ['/', '/modules', '/health', '/__proto__', '/constructor'])
    expect((await get(path)).status).toBe(404);
  expect((await get('/metrics', 'POST')).status).toBe(404);
  await server.close();
});

it('a second service on the machine takes the next port; one that is set and taken stops the start', async () => {
  const options = { registry: registry(), checks: [] };
  const [one, two] = await Promise.all(
    [1, 2].map(() => openOperations({ host: '127.0.0.1', port: undefined }, options)),
  );
  expect(one!.port).not.toBe(two!.port);
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await expect(openOperations({ host: '127.0.0.1', port }, options)).rejects.toThrow(
    new RegExp(`^port ${port} at 127.0.0.1 \\(HEALTH_PORT\\) cannot be used: `),
  );
  taken.close();
  await Promise.all([one!.close(), two!.close()]);
});
