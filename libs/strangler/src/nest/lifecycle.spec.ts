import { contract, query } from 'nestjs-strangler/contract';
import { Injectable, Logger, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getDataSourceToken, InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { IsInt } from 'class-validator';
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Repository } from 'typeorm';
import { ParcelRow } from '../../../../examples/shipping/parcel.entity.js';
import {
  ByOrder,
  shipping,
  type Pack,
  type Parcel,
} from '../../../../examples/shipping/shipping.contract.js';
import { ShippingModule } from '../../../../examples/shipping/shipping.module.js';
import { ShippingService } from '../../../../examples/shipping/shipping.service.js';
import { startNats, type TestNats } from '../../../../test/support/nats.js';
import { parcelsDatabase } from '../../../../test/support/parcels.js';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { door } from '../../../../test/support/rpc.js';
import { until } from '../../../../test/support/until.js';
import { Router } from '../calls/router.js';
import type { Operator } from '../control/commands/operator.js';
import { OPERATOR } from '../operate/operator-token.js';
import { StranglerProcess } from './process.js';
import { startService, type Service } from './run-service.js';
import { StranglerModule } from './strangler.module.js';

class Price {
  @IsInt() pence: number;
}
const prices = contract('prices', {
  ownership: 'whole',
  operations: { priceOf: query({ input: ByOrder, output: Price }) },
});
const contracts = [shipping, prices];
/** Who calls what, with a program that carries no module. */
const calls = { shipping: { prices: ['priceOf'] }, prices: {}, gateway: { shipping: ['pack'] } };

@Injectable()
class Tariff {
  readonly pence = 250;
}
@Module({ providers: [Tariff], exports: [Tariff] })
class TariffModule {}

/** Stays where it is: it answers queries, and has no tables. */
@Injectable()
class PricesService {
  constructor(private readonly tariff: Tariff) {}
  async priceOf(): Promise<Price> {
    return { pence: this.tariff.pence };
  }
}
const pricesHere = StranglerModule.forFeature(prices, PricesService, { imports: [TariffModule] });

let nats: TestNats;
let [here, there, own]: TestDatabase[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  [nats, here, there, own] = await Promise.all([
    startNats(),
    parcelsDatabase('monolith'),
    parcelsDatabase('extracted'),
    freshDatabase(),
  ]);
});
afterAll(async () => {
  await Promise.all([nats.stop(), here!.drop(), there!.drop(), own!.drop()]);
});

const parcel = () => ({ orderId: randomUUID(), address: '1 High Street' });

describe('an application whose data source has a name, and whose modules all stay', () => {
  const at: string[] = [];

  @Injectable()
  class NamedShipping extends ShippingService {
    constructor(@InjectRepository(ParcelRow, 'legacy') parcels: Repository<ParcelRow>) {
      super(parcels);
    }
  }

  /** Of the application. */
  @Injectable()
  class Own {
    constructor(private readonly router: Router) {}
    onApplicationBootstrap = () => this.pack('bootstrap');
    beforeApplicationShutdown = () => this.pack('before shutdown');
    onApplicationShutdown = () => this.pack('shutdown');

    private async pack(when: string): Promise<void> {
      await this.router.port(shipping).pack(parcel());
      at.push(when);
    }
  }

  it('is served from its first hook to its last', async () => {
    const { hostname: host, port, username, password, pathname, searchParams } = new URL(here!.url);
    @Module({
      imports: [
        TypeOrmModule.forRoot({
          ...{ name: 'legacy', type: 'postgres', host: searchParams.get('host') ?? host },
          ...{ port: Number(port), username, password: decodeURIComponent(password) },
          ...{ database: pathname.slice(1), autoLoadEntities: true },
        }),
        StranglerModule.forRoot({
          ...{ side: 'monolith', contracts, database: getDataSourceToken('legacy') },
          admin: { port: 0, token: randomUUID() },
        }),
        StranglerModule.forFeature(shipping, NamedShipping, {
          ...{ tables: [ParcelRow], routingKey: 'order_id', dataSource: 'legacy' },
        }),
        pricesHere,
      ],
      providers: [Own],
    })
    class App {}
    const warn = jest.spyOn(Logger.prototype, 'warn');
    const app = await NestFactory.createApplicationContext(App, { logger: false, abortOnError: false });
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('there is no admin API: it comes with `nats`'));
    expect(await app.get(Router).port(prices).priceOf({ orderId: randomUUID() })).toEqual({ pence: 250 });
    await app.close();
    expect(at).toEqual(['bootstrap', 'before shutdown', 'shutdown']);
  });
});

it('a process whose start fails does not go on for drainMs: nobody has been sent to it', async () => {
  @Injectable()
  class Failing {
    onModuleInit(): void {
      throw new Error('its file is wrong');
    }
  }
  @Module({
    imports: [StranglerModule.forRoot({ side: undefined, contracts: [], database: undefined, drainMs: 1 })],
    providers: [Failing],
  })
  class App {}
  const app = await NestFactory.create(App, { logger: false, abortOnError: false });
  await expect(app.init()).rejects.toThrow('its file is wrong');
  await app.close();
  for (const { check } of app.get(StranglerProcess).checks) await check();
});

describe('a monolith and a service', () => {
  const token = 'a-token-of-thirty-characters-say';
  const gate = door();
  let packing = 0;
  let monolith: INestApplicationContext;
  let service: Service;

  /** Its commands wait at a door. */
  @Injectable()
  class SlowShipping extends ShippingService {
    override async pack(input: Pack): Promise<Parcel> {
      packing++;
      await gate.passed;
      return super.pack(input);
    }
  }
  @Module({
    imports: [
      StranglerModule.forFeature(shipping, SlowShipping, { tables: [ParcelRow], routingKey: 'order_id' }),
    ],
  })
  class SlowModule {}

  beforeAll(async () => {
    @Module({
      imports: [
        StranglerModule.forRoot({
          ...{ side: 'monolith', contracts, database: here!.url, nats: nats.url, calls },
          ...{ admin: { port: 0, token }, config: 'there-is-no-such-strangler.yaml' },
        }),
        ShippingModule,
        pricesHere,
      ],
    })
    class App {}
    monolith = await NestFactory.createApplicationContext(App, { logger: false, abortOnError: false });
    service = await startService(SlowModule, {
      ...{ contracts, calls, database: there!.url, nats: nats.url, health: { host: '127.0.0.1', port: 0 } },
    });
    await service.serving;
  });
  afterAll(() => monolith.close());

  const admin = () => (monolith.get(StranglerProcess).admin!.getHttpServer().address() as AddressInfo).port;
  const ask = async (path: string, method = 'GET', authorization = `Bearer ${token}`) => {
    const body = method === 'POST' ? '{}' : undefined;
    const headers = { authorization, 'content-type': 'application/json' };
    const answer = await fetch(`http://127.0.0.1:${admin()}${path}`, {
      method,
      headers,
      ...(body && { body }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };

  test('the operator gets in by the token, and is told why something is refused', async () => {
    expect(await ask('/modules', 'GET', 'Bearer another')).toMatchObject({
      status: 401,
      body: { detail: 'there is no valid token' },
    });
    const { body } = await ask('/modules');
    expect(body['items']).toMatchObject([{ module: 'shipping' }, { module: 'prices', phase: 'monolith' }]);
    expect(await ask('/modules/shipping/rollback', 'POST')).toMatchObject({
      status: 409,
      body: { title: 'Conflict', detail: expect.stringMatching(/monolith/) as string },
    });
    expect((await ask('/modules/nobody')).status).toBe(404);
    expect((await ask('/health/live', 'GET', '')).body).toEqual({ status: 'ok' });
  });

  test('a page whose name leads to this machine gets nothing of the listener', async () => {
    const status = await new Promise((resolve, reject) => {
      const headers = { host: 'evil.example' };
      request({ port: admin(), host: '127.0.0.1', path: '/health/live', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });

  test('a process without a side finds the shop, calls it by its name, and says when it is ready', async () => {
    @Module({
      imports: [
        StranglerModule.forRoot({
          ...{ side: undefined, contracts, database: own!.url, health: { host: '127.0.0.1', port: 0 } },
          nats: { connection: nats.url, user: 'gateway' },
        }),
      ],
    })
    class Program {}
    const program = await NestFactory.createApplicationContext(Program, {
      logger: false,
      abortOnError: false,
    });
    const ready = async () =>
      fetch(`http://127.0.0.1:${program.get(StranglerProcess).healthPort}/health/ready`);
    await until('it is ready', async () => ((await ready()).status === 200 ? true : undefined));
    const port = program.get(Router).port(shipping);
    // Nobody may call that but whom the list names.
    await expect(port.getParcel({ orderId: randomUUID() })).rejects.toMatchObject({ code: 'forbidden' });
    const sent = parcel();
    expect(await port.pack(sent)).toMatchObject({ orderId: sent.orderId });
    await program.close();
    expect(await own!.query('select count(*) > 0 as counted from strangler.call_window')).toEqual([
      { counted: true },
    ]);
  });

  test.each([
    [{ nats: 'nats://localhost:4222' }, 'nats.user: a process without a side says as whom it calls'],
    [
      { nats: 'nats://localhost:4222', database: undefined },
      'database: of a process without a side the URL of a database of its own is expected',
    ],
  ])('one that does not say who it is, or has no database, does not start: %j', async (settings, problem) => {
    const options = { side: undefined, contracts, database: own!.url, ...settings };
    @Module({ imports: [StranglerModule.forRoot(options)] })
    class Program {}
    const start = NestFactory.createApplicationContext(Program, { logger: false, abortOnError: false });
    await expect(start).rejects.toThrow(problem);
  });

  test('a module moves; one that stays answers it; what was taken is answered before the service ends', async () => {
    const operator = monolith.get<Operator>(OPERATOR);
    const settings = { ramp: [100], bake: '0s', gates: { minSamples: 0 } };
    await operator.act('shipping', { verb: 'run', settings }, { actor: 'ann', dryRun: false });
    await until('shipping is extracted', async () =>
      (await operator.module('shipping')).phase === 'extracted' ? true : undefined,
    );
    const ready = await fetch(`http://127.0.0.1:${service.healthPort}/health/ready`);
    expect(ready.status).toBe(200);
    expect(service.state).toMatch(/^shipping is served from its own database, over NATS at 127.0.0.1:\d+$/);
    const price = await service.app.get(Router).port(prices).priceOf({ orderId: randomUUID() });
    expect(price).toEqual({ pence: 250 });

    const sent = parcel();
    const answer = monolith.get(Router).port(shipping).pack(sent);
    await until('the service works on it', () => (packing > 0 ? true : undefined));
    const ended = service.close();
    gate.open();
    expect(await answer).toMatchObject({ orderId: sent.orderId, status: 'packed' });
    await ended;
    const stored = await there!.query('select status from shipping.parcel where order_id = $1', [
      sent.orderId,
    ]);
    expect(stored).toEqual([{ status: 'packed' }]);
  });
});
