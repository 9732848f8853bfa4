import { inventory } from '#contracts';
import { currentContext } from '#strangler';
import type { NestExpressApplication } from '@nestjs/platform-express';
import request from 'supertest';
import { edge } from '../testing/edge.js';

const product = {
  sku: 'A1',
  description: 'Cup',
  price: { amount: 255, currency: 'GBP' },
  onHand: 7,
  reserved: 2,
};

describe('the edge', () => {
  let app: NestExpressApplication;
  let server: Parameters<typeof request>[0];
  let lines: Record<string, unknown>[];

  beforeAll(async () => {
    ({ app, server, lines } = await edge({
      inventory: {
        getProduct: async () => product,
      },
    }));
  });
  afterAll(() => app.close());

  it('serves', async () => {
    const r = await request(server).get('/api/v1/products/a1');
    console.log(r.status, r.headers, r.text, lines);
    console.log((await request(server).get('/api/v1/nope?x=1')).text);
    console.log((await request(server).get('/nope')).text);
    console.log((await request(server).post('/api/v1/users').type('json').send('{"a')).text);
    console.log((await request(server).post('/api/v1/users').send({ id: 1 })).text);
    console.log((await request(server).get('/health/ready')).text);
    console.log(JSON.stringify((await request(server).get('/docs/openapi.json')).body, null, 1));
    console.log((await request(server).get('/docs')).status);
    void inventory;
    void currentContext;
  });
});
