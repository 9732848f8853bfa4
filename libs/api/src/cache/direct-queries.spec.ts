import { BySku, DomainError, Page, type Product } from '#contracts';
import { Controller, Get, Module, Param, Query, Req } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { until } from '../../../../test/support/until.js';
import { Public } from '../auth/access.js';
import { edge } from '../testing/edge.js';
import { Cached } from './cached.js';
import { directQueries } from './direct-queries.js';

const product: Product = {
  ...{ sku: 'A1', description: 'Cup', price: { amount: 255, currency: 'GBP' } },
  ...{ onHand: 1, reserved: 0 },
};

@Controller('things')
class ThingsController {
  @Get()
  @Public()
  @Cached('inventory')
  list(@Query() _page: Page) {
    return 'all';
  }
  @Get('mine/:sku')
  @Cached('inventory')
  closed(@Param() { sku }: BySku) {
    return sku;
  }
  @Get('personal/:sku')
  @Public()
  @Cached('inventory')
  personal(@Param() _which: BySku, @Req() { headers }: { headers: unknown }) {
    return headers;
  }
  @Get('fresh/:sku')
  @Public()
  fresh(@Param() { sku }: BySku) {
    return sku;
  }
  @Get(':sku/twice')
  @Public()
  @Cached('inventory')
  twice(@Param() { sku }: BySku) {
    return sku + sku;
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

describe('queries that are asked without the pipeline', () => {
  it('are public, kept, and take nothing but a path and an empty query', async () => {
    const app = (
      await Test.createTestingModule({ imports: [ThingsModule] }).compile()
    ).createNestApplication();
    const queries = directQueries(app, '/api/v1/');
    const ask = (path: string) => queries.flatMap((query) => query.asking(path)?.() ?? []);
    expect(ask('/api/v1/things')).toEqual(['all']);
    expect(ask('/api/v1/things/a1/twice')).toEqual(['A1A1']);
    for (const path of [
      'mine/A1',
      'personal/A1',
      'fresh/A1',
      'A1/twice/',
      'A1/TWICE',
      'A%31/twice',
      '/twice',
    ])
      expect(ask(`/api/v1/things/${path}`)).toEqual([]);
    expect(ask(`/api/v1/things/${'x'.repeat(1_000)}/twice`)).toEqual([]);
  });

  describe('are answered as the pipeline answers', () => {
    let shop: Awaited<ReturnType<typeof edge>>;
    beforeAll(async () => {
      const getProduct = async ({ sku }: BySku) => {
        if (sku === 'A1') return product;
        throw sku === 'B2' ? new DomainError('not_found', {}, 'there is no B2') : new Error('a bug');
      };
      shop = await edge({ inventory: { getProduct } }, { cache: { freshMs: 1, staleMs: 1 } });
    });
    afterAll(() => shop.app.close());

    const seen = async (path: string, headers: Record<string, string> = {}) => {
      const {
        status,
        headers: all,
        text,
      } = await request(shop.server)
        .get(path)
        .set({ 'x-request-id': 'one', ...headers });
      return { status, headers: { ...all, date: '' }, text };
    };

    it.each(['A1', 'B2', 'C3', 'x'.repeat(200)])('%s', async (sku) => {
      const path = `/api/v1/products/${sku}`;
      const [direct, other] = [await seen(path), await seen(path.replace('products', 'Products'))];
      const same = ({ text }: { text: string }) => text.replaceAll('/Products/', '/products/');
      expect({ ...direct, text: same(direct) }).toEqual({ ...other, text: same(other) });
    });

    it('to whoever has the answer already, too', async () => {
      const { etag = '' } = (await seen('/api/v1/products/A1')).headers as { etag?: string };
      expect((await seen('/api/v1/products/A1', { 'if-none-match': etag })).status).toBe(304);
    });

    it('within the limit of their route, and with its name in the log', async () => {
      const rates = { perRoute: { '*': { perSecond: 0.01, burst: 1, loopback: true } } };
      const getProduct = async () => product;
      const limited = await edge({ inventory: { getProduct } }, { cache: { freshMs: 1, staleMs: 1 }, rates });
      const statusOf = async (sku: string) =>
        (await request(limited.server).get(`/api/v1/products/${sku}`)).status;
      expect([await statusOf('A1'), await statusOf('A2')]).toEqual([200, 429]);
      await until('its line is written', () =>
        limited.lines.some((line) => line['route'] === '/api/v1/products/:sku' && line['status'] === 200),
      );
      await limited.app.close();
    });

    it('except where they bring a body or a query, which are refused', async () => {
      expect((await seen('/api/v1/products/A1?x=1')).status).toBe(400);
      const sent = await request(shop.server).get('/api/v1/products/A1').type('text').send('x');
      expect(sent.status).toBe(415);
    });
  });
});
