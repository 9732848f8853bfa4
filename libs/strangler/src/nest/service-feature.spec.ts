import {
  ConflictException,
  Global,
  type HttpException,
  Inject,
  Injectable,
  Logger,
  Module,
  NotFoundException,
  Scope,
  type INestApplicationContext,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, NestFactory, REQUEST } from '@nestjs/core';

import { InjectRepository } from '@nestjs/typeorm';
import { Exclude, instanceToPlain } from 'class-transformer';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Column, DataSource, Entity, LessThan, PrimaryGeneratedColumn, Repository } from 'typeorm';
import { startNats, type TestNats } from '../../../../test/support/nats.js';
import { moduleDatabase } from '../../../../test/support/module-database.js';
import type { TestDatabase } from '../../../../test/support/postgres.js';
import { until } from '../../../../test/support/until.js';
import type { Operator } from '../control/commands/operator.js';
import { CommandOperation, QueryOperation } from '../contract/service-decorators.js';
import { serviceContract, type ServiceAnswer, type ServiceContract } from '../contract/service-contract.js';
import { Router } from '../calls/router.js';
import type { Wire } from '../contract/codec.js';
import { OPERATOR } from '../operate/operator-token.js';
import type { Side } from '../routes/phase.js';
import { startService, type Service } from './run-service.js';
import { StranglerModule } from './strangler.module.js';

/*
 * A service whose class others inject, as an application has it. What would go wrong: an answer is another one once the module has left; its
 * own calls leave its transaction; a clock calls it beside its port; something reaches it past that.
 */
/** In `public`, as an application has it. */
@Entity({ name: 'loan' })
class Loan {
  @PrimaryGeneratedColumn() id: number;
  @Column('text') book: string;
  @Column('timestamptz') due: Date;
  @Exclude() @Column('text', { name: 'pin_hash' }) pinHash: string;

  get overdue(): boolean {
    return this.due < new Date('2026-01-01');
  }
}
class Page {
  constructor(
    readonly items: Loan[],
    readonly total: number,
  ) {}
}
class LendDto {
  book: string;
  due: Date;
  note?: string | undefined;
}

const Hears = (): MethodDecorator => (_target, _name, method) => {
  Reflect.defineMetadata('EVENT_LISTENER_METADATA', 'archived', method.value as object);
};

/** Of a module that stays, which has no tables. */
@Injectable()
class ShelvesService {
  async labelOf(id: number): Promise<string> {
    return `shelf ${id}`;
  }
}
@Injectable()
class Clock {
  readonly newYear = new Date('2026-01-01');
}
@Module({ providers: [Clock], exports: [Clock] })
class ClockModule {}

/** It knows nothing of the toolkit, apart from the decorators. */
@Injectable()
class LoansService implements OnModuleInit {
  readonly #shelves: ShelvesService;
  static readonly begun: LoansService[] = [];

  constructor(
    @InjectRepository(Loan) private readonly loans: Repository<Loan>,
    shelves: ShelvesService,
    private readonly clock: Clock,
  ) {
    this.#shelves = shelves;
  }

  onModuleInit(): void {
    LoansService.begun.push(this);
  }

  @CommandOperation()
  async lend(dto: LendDto, pin: string): Promise<Loan> {
    if (await this.loans.existsBy({ book: dto.book })) throw new ConflictException(`${dto.book} is lent`);
    const { book, due } = dto;
    return this.loans.save(this.loans.create({ book, due, pinHash: `hash of ${pin}` }));
  }

  /** Two of its own methods: both, or none. */
  @CommandOperation()
  async lendBoth(first: LendDto, second: LendDto): Promise<Loan[]> {
    return [await this.lend(first, '1'), await this.lend(second, '2')];
  }

  @QueryOperation()
  async findOne(id: number): Promise<Loan> {
    const loan = await this.loans.findOneBy({ id });
    if (!loan)
      throw new NotFoundException({
        message: `Loan ${id} not found`,
        shelf: await this.#shelves.labelOf(id),
      });
    return loan;
  }

  @QueryOperation()
  findByBook(book: string): Promise<Loan | null> {
    return this.loans.findOneBy({ book });
  }

  @QueryOperation()
  async page(): Promise<Page> {
    const [items, total] = await this.loans.findAndCount({ order: { id: 'ASC' } });
    return new Page(items, total);
  }

  @QueryOperation()
  async echo(...given: unknown[]): Promise<unknown[]> {
    return given;
  }

  @QueryOperation()
  async overdue(): Promise<number> {
    return this.loans.countBy({ due: LessThan(this.clock.newYear) });
  }

  @QueryOperation()
  async nothing(): Promise<void> {}

  @Hears()
  @CommandOperation()
  async sweep(before: Date): Promise<number> {
    const { affected } = await this.loans
      .createQueryBuilder()
      .delete()
      .where('due < :before', { before })
      .execute();
    return affected ?? 0;
  }

  /** Of an operator's script. */
  async drop(): Promise<void> {
    await this.loans.clear();
  }
}

const loans = serviceContract('loans', LoansService, { classes: [Loan, Page, LendDto] });
const shelves = serviceContract('shelves', ShelvesService, { operations: { labelOf: 'query' } });

/** Injects the class, as it always has. */
@Injectable()
class DeskService {
  constructor(readonly loans: LoansService) {}
}

@Module({ imports: [StranglerModule.forService(loans, { tables: [Loan], imports: [ClockModule] })] })
class LoansModule {}
@Module({ imports: [StranglerModule.forService(shelves)] })
class ShelvesModule {}

const options = { contracts: [loans, shelves], config: join(tmpdir(), 'there-is-no-such-strangler.yaml') };
let nats: TestNats;
let here: TestDatabase;
let there: TestDatabase;

beforeAll(async () => {
  Logger.overrideLogger(false);
  [nats, here, there] = await Promise.all([startNats(), database('monolith'), database('extracted')]);
});
afterAll(() => Promise.all([nats.stop(), here.drop(), there.drop()]));

const database = (side: Side) =>
  moduleDatabase(
    side,
    `create schema loans;
     create table loan (id serial primary key, book text not null unique, due timestamptz not null, pin_hash text not null);
     select strangler.create_idempotency_table('loans')`,
  );

const start = (module: object): Promise<INestApplicationContext> => {
  @Module({})
  class App {}
  const imports = [module, LoansModule, ShelvesModule, DiscoveryModule] as never[];
  return NestFactory.createApplicationContext(
    { module: App, imports, providers: [DeskService] },
    { logger: false, abortOnError: false },
  );
};

describe('a class that others inject, before its module leaves and after', () => {
  let monolith: INestApplicationContext;
  let service: Service;
  let desk: LoansService;

  beforeAll(async () => {
    monolith = await start(
      StranglerModule.forRoot({ ...options, side: 'monolith', database: here.url, nats: nats.url }),
    );
    service = await startService(LoansModule, { ...options, database: there.url, nats: nats.url });
    await service.serving;
    desk = monolith.get(DeskService).loans;
  });
  afterAll(async () => {
    await service.close();
    await monolith.close();
  });
  const dto = (book: string, due = new Date('2026-03-01T10:00:00.250Z')): LendDto =>
    Object.assign(new LendDto(), { book, due, note: undefined });

  /** Everything that it can answer. */
  async function asked(book: string): Promise<unknown> {
    const thrown = async (call: Promise<unknown>) => {
      const error = await call.then(
        () => undefined,
        (refused: unknown) => refused as HttpException,
      );
      return error && [error.constructor, error.getStatus(), error.getResponse(), error.message];
    };
    const lent = await desk.lend(dto(book), 'pin');
    expect(lent).toBeInstanceOf(Loan);
    expect(lent.pinHash).toBe('hash of pin');
    const found = await desk.findOne(lent.id);
    const page = await desk.page();
    expect(page).toBeInstanceOf(Page);
    const given = [
      new Date(0),
      2n ** 64n,
      new Map([['a', new Set([1])]]),
      undefined,
      { a: undefined },
      null,
      NaN,
    ];
    return {
      found: { ...found, id: 0, book: '' },
      shown: Object.keys(instanceToPlain(page.items[0])),
      computed: found.overdue,
      classes: page.items.every((item) => item instanceof Loan),
      given: await desk.echo(...given, dto('kept')),
      none: [await desk.findByBook('nowhere'), await desk.nothing()],
      conflict: await thrown(desk.lend(dto(book), 'pin')).then((told) => told?.slice(0, 2)),
      missing: await thrown(desk.findOne(0)),
      overdue: await desk.overdue(),
      swept: await desk.sweep(new Date(0)),
    };
  }

  const lendTwice = (book: string) => desk.lendBoth(dto(book), dto(book));
  const kept = async (of: TestDatabase) =>
    (await of.query<{ book: string }>('select book from loan order by id')).map(({ book }) => book);

  it('gives the same answers, exceptions and classes', async () => {
    const local = await asked('Emma');
    await expect(lendTwice('Both')).rejects.toThrow(ConflictException);
    expect(await kept(here)).toEqual(['Emma']);

    const operator = monolith.get<Operator>(OPERATOR);
    const settings = { ramp: [100], bake: '0s', gates: { minSamples: 0 } };
    await operator.act('loans', { verb: 'run', settings }, { actor: 'ann', dryRun: false });
    await until('the module has left', async () =>
      (await operator.module('loans')).phase === 'extracted' ? true : undefined,
    );

    const remote = await asked('Persuasion');
    expect(await kept(there)).toEqual(['Emma', 'Persuasion']);
    await expect(lendTwice('Both')).rejects.toThrow(ConflictException);
    expect(await kept(there)).toEqual(['Emma', 'Persuasion']);

    expect(remote).toStrictEqual(local);
    expect(local).toMatchObject({
      shown: ['id', 'book', 'due'],
      computed: false,
      conflict: [ConflictException, 409],
      none: [null, undefined],
      missing: [
        NotFoundException,
        404,
        { message: 'Loan 0 not found', shelf: 'shelf 0' },
        'Loan 0 not found',
      ],
      overdue: 0,
      swept: 0,
    });
  });

  it('a command that comes twice is answered from what was stored, as it was', async () => {
    const port = monolith.get(Router).port(loans);
    const commandId = randomUUID();
    const lend = async () => {
      const given = loans.codec.encode([dto('Lady Susan'), 'pin']) as Wire[];
      return loans.codec.decode(
        ((await port.lend!({ given }, { commandId })) as ServiceAnswer).answer,
      ) as Loan;
    };
    const first = await lend();
    expect(first.due).toEqual(dto('').due);
    expect(await lend()).toStrictEqual(first);
    expect((await kept(there)).filter((book) => book === 'Lady Susan')).toHaveLength(1);
  });

  it('is what a clock or an event finds, once, and the service itself is not', () => {
    const found = monolith
      .get(DiscoveryService)
      .getProviders()
      .map(({ instance }) => instance as LoansService | undefined)
      .filter(
        (instance) => instance?.sweep && Reflect.hasMetadata('EVENT_LISTENER_METADATA', instance.sweep),
      );
    expect(found).toEqual([desk]);
  });

  it('has its hooks called, by the service itself', () => {
    expect(LoansService.begun).toHaveLength(2);
    expect(LoansService.begun).not.toContain(desk);
    expect(LoansService.begun.every((each) => each instanceof LoansService)).toBe(true);
  });

  it('refuses what its contract does not declare', () => {
    expect(() => desk.drop()).toThrow('LoansService.drop is not declared');
  });
});

describe('a start is refused', () => {
  /** Nobody connects to it. */
  const unopened = new DataSource({ type: 'postgres', host: 'nowhere.invalid' });
  @Global()
  @Module({ providers: [{ provide: 'database', useValue: unopened }], exports: ['database'] })
  class DatabaseModule {}

  const starting = (contract: ServiceContract, ...imports: Type[]) => {
    @Module({
      imports: [
        DatabaseModule,
        StranglerModule.forRoot({ side: 'monolith', contracts: [contract], database: 'database' }),
        StranglerModule.forService(contract),
        ...imports,
      ],
    })
    class App {}
    return NestFactory.createApplicationContext(App, { logger: false, abortOnError: false });
  };

  it('with the class provided beside its port', async () => {
    @Injectable()
    class Plain {
      @QueryOperation() async find(): Promise<void> {}
    }
    @Module({ providers: [Plain] })
    class OldModule {}
    await expect(starting(serviceContract('plain', Plain), OldModule)).rejects.toThrow(
      'OldModule provides Plain itself, past its port: take it out of its providers',
    );
  });

  it('with a service that lives as long as a request', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      @QueryOperation() async find(): Promise<void> {}
    }
    await expect(starting(serviceContract('scoped', Scoped))).rejects.toThrow(
      'Scoped lives as long as a request',
    );
  });

  it('with a service that injects the request', async () => {
    @Injectable()
    class Asking {
      constructor(@Inject(REQUEST) readonly request: object) {}
      @QueryOperation() async find(): Promise<void> {}
    }
    await expect(starting(serviceContract('asking', Asking))).rejects.toThrow(
      'Asking lives as long as a request',
    );
  });
});
