import { ConflictException, HttpException, NotFoundException } from '@nestjs/common';
import { IsInt } from 'class-validator';
import { DomainError } from '../../contract/errors.js';
import { Internal, QueryOperation } from '../../contract/service-decorators.js';
import { serviceContract } from '../../contract/service-contract.js';
import type { PreparedOperation } from '../../contract/operation.js';
import { bucketOf, buckets } from '../../routes/bucket.js';
import { routeOf, Routes } from '../../routes/routes.js';
import { Executor } from '../executor.js';
import { LocalModules } from '../local-modules.js';
import { Router } from '../router.js';
import { handlersBehind } from './handlers.js';
import { standInFor } from './stand-in.js';

class Loan {
  @IsInt() id: number;
}
class Overdue extends Error {
  constructor(readonly days: number) {
    super(`${days} days too late`);
  }
}
class NoSuchLoan extends NotFoundException {}

const Hears = (): MethodDecorator => (_target, _name, method) => {
  Reflect.defineMetadata('EVENT_LISTENER_METADATA', 'archived', method.value as object);
};

class Loans {
  private readonly rows = [1, 2];

  @QueryOperation() async count(): Promise<number> {
    return this.list().length;
  }
  @Hears() @QueryOperation() async fail(how: string): Promise<never> {
    throw failures[how]!();
  }
  @QueryOperation() async echo(...given: unknown[]): Promise<unknown[]> {
    return given;
  }
  @QueryOperation() async unknown(): Promise<unknown> {
    return new (class Unknown {})();
  }
  @Internal() async tidy(): Promise<void> {}
  undeclared(): void {}
  get size(): number {
    return 1;
  }
  onModuleInit(): void {}

  private list(): number[] {
    return this.rows;
  }
}
const failures: Record<string, () => Error> = {
  known: () => new NotFoundException({ message: 'Loan 7 not found', loan: 7n, at: new Date(0) }),
  text: () => new ConflictException('taken'),
  teapot: () => new HttpException('short and stout', 418),
  caused: () => new ConflictException('taken', { cause: new Error('23505') }),
  own: () => new NoSuchLoan('Loan 8 not found'),
  declared: () => new Overdue(3),
  uncarried: () => new ConflictException({ call: () => undefined }),
  unknown: () => new TypeError('x is not a function'),
  domain: () => new DomainError('unavailable', { retryAfterSeconds: 1 }),
};

const loans = serviceContract('loans', Loans, { classes: [Loan, Overdue] });
const handlers = handlersBehind(loans, new Loans());
/** As over a wire: what the service has thrown is not what the caller gets. */
const router = {
  call: async ({ name }: PreparedOperation, input: unknown) => {
    try {
      return JSON.parse(JSON.stringify(await handlers[name]!(JSON.parse(JSON.stringify(input))))) as unknown;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      throw new DomainError(error.code, { ...error.data }, error.message);
    }
  },
};
const standIn = standInFor(loans, router);
const thrown = async (how: string): Promise<unknown> => {
  try {
    return await standIn.fail(how);
  } catch (error) {
    return error;
  }
};

it('who injects the class calls the service, which calls itself', async () => {
  expect(standIn).toBeInstanceOf(Loans);
  expect(await standIn.count()).toBe(2);
});

it('what it is given, and what it answers, arrives as it was', async () => {
  const loan = Object.assign(new Loan(), { id: 7 });
  const given = [
    new Date(0),
    2n ** 64n,
    new Map([['a', new Set([1])]]),
    undefined,
    { a: undefined },
    NaN,
    loan,
  ];
  expect(await standIn.echo(...given)).toStrictEqual(given);
});

describe('what a service throws', () => {
  it.each<[string, { prototype: object }, number, unknown]>([
    ['known', NotFoundException, 404, { message: 'Loan 7 not found', loan: 7n, at: new Date(0) }],
    ['text', ConflictException, 409, { message: 'taken', error: 'Conflict', statusCode: 409 }],
    ['teapot', HttpException, 418, 'short and stout'],
    ['caused', ConflictException, 409, { message: 'taken', error: 'Conflict', statusCode: 409 }],
    // Of a class that the contract does not name.
    ['own', NotFoundException, 404, { message: 'Loan 8 not found', error: 'Not Found', statusCode: 404 }],
  ])('%s: as an exception of its class, with its status and body', async (how, type, status, body) => {
    const error = (await thrown(how)) as HttpException;
    expect(Object.getPrototypeOf(error)).toBe(type.prototype);
    expect([error.getStatus(), error.getResponse()]).toEqual([status, body]);
    expect(error.message).toBe(failures[how]!().message);
    expect(error.stack).toContain(error.message);
    expect(error.cause).toBeUndefined();
  });

  it('an error of a class that the contract names', async () => {
    expect(await thrown('declared')).toBeInstanceOf(Overdue);
    expect(await thrown('declared')).toMatchObject({ message: '3 days too late', days: 3 });
  });

  it.each(['unknown', 'domain', 'uncarried'])(
    '%s: stays what it is, for the executor to judge',
    async (how) => {
      expect(await thrown(how)).toMatchObject({
        message: failures[how]!().message,
        constructor: failures[how]!().constructor,
      });
      expect(await thrown(how)).not.toMatchObject({ code: 'thrown' });
    },
  );
});

describe('nothing passes by', () => {
  it('an undeclared method throws, with what to do', () => {
    expect(() => standIn.undeclared()).toThrow(
      'Loans.undeclared is not declared, so nobody outside of loans can call it: make it a query or a command of its contract',
    );
    expect(() => standIn.size).toThrow('Loans.size is not declared');
    expect(() => void standIn.tidy()).toThrow('Loans.tidy is @Internal(): the service alone calls it');
  });

  it('what Nest calls by itself is left to the service', () => {
    expect(standIn.onModuleInit).toBeUndefined();
  });

  it('what cannot cross is refused before anything is sent, and as an answer', async () => {
    const call = jest.spyOn(router, 'call');
    await expect(standIn.fail((() => undefined) as never)).rejects.toThrow(
      'what Loans.fail is given.0 is a function, which cannot cross',
    );
    expect(call).not.toHaveBeenCalled();
    await expect(standIn.unknown()).rejects.toThrow(
      'the answer of loans.unknown is an object of Unknown, which cannot cross',
    );
  });
});

it('an event finds the method of the stand-in', () => {
  const found = (of: Loans) => Reflect.getMetadata('EVENT_LISTENER_METADATA', of.fail) as unknown;
  expect(found(standIn)).toBe('archived');
});

it('a test may put another in the place of a method, and back', async () => {
  const spied = jest.spyOn(standIn, 'count').mockResolvedValue(9);
  expect(await standIn.count()).toBe(9);
  spied.mockRestore();
  expect(await standIn.count()).toBe(2);
});

it('a call goes to the owner of the key that is found in what the method is given', async () => {
  class Keyed {
    constructor(readonly side: string) {}
    async sideOf(_reader: { id: number }): Promise<string> {
      return this.side;
    }
  }
  const keyed = serviceContract('keyed', Keyed, {
    ownership: 'by-key',
    operations: { sideOf: { kind: 'query', key: ({ id }) => id } },
  });
  const executorOn = (side: string) =>
    new Executor(keyed, handlersBehind(keyed, new Keyed(side)), undefined as never, undefined as never);
  const modules = new LocalModules('monolith');
  modules.add(executorOn('monolith'));
  const routes = new Routes();
  routes.replace({ keyed: { ...routeOf('shifting'), extractedBelow: buckets / 2 } });
  const there = executorOn('extracted');
  const remote = {
    call: ({ name }: PreparedOperation, _side: string, input: unknown) => there.execute(name, input),
  };
  const stand = standInFor(keyed, new Router(routes, modules, remote));
  const ids = Array.from({ length: 20 }, (_, id) => id);
  const owner = (id: number) => (bucketOf('keyed', String(id)) < buckets / 2 ? 'extracted' : 'monolith');
  expect(await Promise.all(ids.map((id) => stand.sideOf({ id })))).toEqual(ids.map(owner));
  expect(new Set(ids.map(owner)).size).toBe(2);
});
