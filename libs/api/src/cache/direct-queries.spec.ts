import { DomainError } from 'nestjs-strangler/contract';
import { BySku, Page, type Product } from '#contracts';
import {
  ClassSerializerInterceptor,
  Controller,
  createParamDecorator,
  Get,
  Header as HttpHeader,
  Module,
  Param,
  Query,
  Req,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { until } from '../../../../test/support/until.js';
import { Public, Roles } from '../auth/access.js';
import { Caller, type Principal } from '../auth/principal.js';
import { Answers } from '../openapi/answers.js';
import { edge } from '../testing/edge.js';
import { Cached } from './cached.js';
import { directQueries } from './direct-queries.js';

const product: Product = {
  ...{ sku: 'A1', description: 'Cup', price: { amount: 255, currency: 'GBP' } },
  ...{ onHand: 1, reserved: 0 },
};

const Told = Answers({ summary: 'A thing', body: Page, calls: [] });
const caller: Principal = { id: 'ann', role: 'user', session: 0 };
const Header = createParamDecorator(() => 'a header');

@Controller('things')
class ThingsController {
  @Get()
  @Public()
  @Cached('inventory')
  @Told
  list(@Query() page: Page) {
    return page;
  }
  @Get('mine/:sku')
  @Roles('admin')
  @Told
  mine(@Caller() { id }: Principal, @Param() { sku }: BySku) {
    return [id, sku];
  }
  @Get('personal/:sku')
  @Public()
  @Told
  personal(@Param() _which: BySku, @Req() { headers }: { headers: unknown }) {
    return headers;
  }
  @Get('named/:sku')
  @Public()
  @Told
  named(@Param('sku') sku: string) {
    return sku;
  }
  @Get('custom/:sku')
  @Told
  custom(@Param() _which: BySku, @Header() header: string) {
    return header;
  }
  @Get('piped/:sku')
  @UsePipes(ValidationPipe)
  @Told
  piped(@Param() { sku }: BySku) {
    return sku;
  }
  @Get('intercepted/:sku')
  @UseInterceptors(ClassSerializerInterceptor)
  @Told
  intercepted(@Param() { sku }: BySku) {
    return sku;
  }
  @Get('untold/:sku')
  @Public()
  untold(@Param() { sku }: BySku) {
    return sku;
  }
  @Get('own/head')
  @HttpHeader('X-Own', 'yes')
  @Told
  head() {
    return {};
  }
  @Get('first/only')
  @Told
  first(@Req() request: unknown) {
    return request;
  }
  @Get('first/:sku')
  @Told
  second(@Param() { sku }: BySku) {
    return sku;
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

describe('queries that are asked without the pipeline', () => {
  async function open() {
    const built = await Test.createTestingModule({ imports: [ThingsModule] }).compile();
    const app = built.createNestApplication();
    await app.init();
    const asking = directQueries(app);
    const take = (path: string) => asking(`/api/v1/things${path}`);
    return { take, ask: (path: string) => take(path)?.ask(caller), close: () => app.close() };
  }

  it('take a path, a query and who asks, as the decorators of their handler say', async () => {
    const { take, ask, close } = await open();
    expect(ask('')).toEqual({});
    expect(ask('?limit=5')).toEqual({ limit: 5 });
    expect(ask('/mine/a1')).toEqual(['ann', 'A1']);
    expect(ask('/first/a1')).toBe('A1');
    expect(take('')?.query).toMatchObject({ isPublic: true, cached: ['inventory'] });
    expect(take('/mine/A1')?.query).toMatchObject({ isPublic: false, roles: ['admin'], cached: undefined });
    await close();
  });

  it('are none where a handler has something of its own, or the request is not as documented', async () => {
    const { take, close } = await open();
    for (const path of [
      ...[
        '/personal/A1',
        '/named/A1',
        '/custom/A1',
        '/piped/A1',
        '/intercepted/A1',
        '/untold/A1',
        '/own/head',
      ],
      ...['/mine/A1/', '/MINE/A1', '/mine/A%31', `/mine/${'x'.repeat(1_000)}`, '/mine/A1?x=1', '?limit=x'],
      ...['/nothing', '?limit=5&limit=6'],
    ])
      expect([path, take(path)]).toEqual([path, undefined]);
    await close();
  });

  it('leave a path to the handler that has it first', async () => {
    const { take, close } = await open();
    for (const path of ['/first/only', '/first/ONLY']) expect([path, take(path)]).toEqual([path, undefined]);
    await close();
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
