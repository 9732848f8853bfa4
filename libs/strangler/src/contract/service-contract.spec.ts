import { IsInt, IsString } from 'class-validator';
import { Readable } from 'node:stream';
import type { EntityManager } from 'typeorm';
import { prepare } from './operation.js';
import { CommandOperation, Internal, QueryOperation } from './service-decorators.js';
import {
  isServiceContract,
  SecretServiceCall,
  serviceContract,
  ServiceCall,
  type ServiceClass,
} from './service-contract.js';

class Loan {
  @IsInt() id: number;
  @IsString() book: string;
  due: Date;
}
class Store {
  save = (): void => undefined;
}

/** As decorators leave it that others read. */
const Hears = (): MethodDecorator => (_target, _name, method) => {
  Reflect.defineMetadata('EVENT_LISTENER_METADATA', 'archived', method.value as object);
};

describe('what a contract is made of', () => {
  class Base {
    @QueryOperation({ reads: 'any', volatile: ['seenAt'] })
    async inherited(): Promise<number> {
      return 1;
    }
  }
  class Loans extends Base {
    @QueryOperation({ key: (reader: number) => reader })
    async ofReader(_reader: number): Promise<Loan[]> {
      return [];
    }

    @CommandOperation({ key: ({ id }: Loan) => id, timeoutMs: 500, secret: true })
    async lend(_loan: Loan): Promise<void> {}

    @Internal()
    async tidy(): Promise<void> {}

    async written(_at: Date): Promise<Map<string, bigint>> {
      return new Map();
    }
  }
  const loans = serviceContract('loans', Loans, {
    ...{ ownership: 'by-key', classes: [Loan], operations: { written: 'command' } },
  });
  const operations = prepare(loans);

  it('is each method that is declared, inherited or not, and no other', () => {
    expect(Object.keys(loans.operations).sort()).toEqual(['inherited', 'lend', 'ofReader', 'written']);
    expect(isServiceContract(loans)).toBe(true);
    expect(operations.get('lend')).toMatchObject({
      kind: 'command',
      keyed: true,
      timeoutMs: 500,
      who: 'internal',
    });
    expect(operations.get('inherited')).toMatchObject({
      kind: 'query',
      reads: 'any',
      volatile: ['answer.seenAt'],
    });
  });

  it('a key is found in what the method is given, of its class', () => {
    const keysOf = (name: string, ...given: unknown[]) =>
      operations.get(name)?.keysOf({ given: loans.codec.encode(given) });
    expect(keysOf('ofReader', 7)).toEqual(['7']);
    expect(keysOf('lend', Object.assign(new Loan(), { id: 8 }))).toEqual(['8']);
    expect(() => keysOf('ofReader')).toThrow('undefined is no routing key: it has to be text or an integer');
  });

  it('a secret is no part of what tells one call from another, and nothing is shown to people who look at samples', () => {
    expect(operations.get('lend')!.input.dto).toBe(SecretServiceCall);
    expect(operations.get('lend')!.input.identity({ given: ['hunter2'] })).toEqual({});
    const { input, output } = operations.get('written')!;
    expect(input.dto).toBe(ServiceCall);
    expect(input.masked({ given: [1] })).toEqual({ given: '***' });
    expect(output.masked({ answer: { at: 1 } })).toEqual({ answer: '***' });
  });
});

describe('what cannot be is refused when the contract is made', () => {
  const refusal = (service: ServiceClass, operations = {}): string => {
    try {
      serviceContract('loans', service, { classes: [Loan], operations });
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('it was accepted');
  };

  it('all at once, each with its name', () => {
    class Loans {
      @QueryOperation() async callback(_done: () => void): Promise<void> {}
      @QueryOperation() async stream(_from: Readable): Promise<void> {}
      @QueryOperation() async store(_store: Store): Promise<void> {}
      // @ts-expect-error -- callers have to wait
      @QueryOperation() atOnce(): number {
        return 1;
      }
      async *parts() {
        yield 1;
      }
      get size(): number {
        return 1;
      }
      @Hears() async onArchived(): Promise<void> {}
      @QueryOperation() async both(): Promise<void> {}
      field = async (): Promise<void> => undefined;
    }
    const said = refusal(Loans, { parts: 'query', size: 'query', both: 'query', field: 'query' });
    expect(said.split('\n')).toEqual([
      'loans cannot be served behind Loans:',
      '- Loans.callback takes a function, which cannot cross: if it is data, name its class in classes; else give what the method needs of it',
      expect.stringMatching(/^- Loans.stream takes Readable, which cannot cross/),
      expect.stringMatching(/^- Loans.store takes Store, which cannot cross/),
      '- Loans.atOnce answers Number at once, and callers have to wait: make it async',
      '- Loans.both is declared by a decorator and in operations: leave one',
      expect.stringMatching(/^- Loans.parts answers bit by bit/),
      expect.stringMatching(/^- Loans.size is an accessor/),
      '- Loans.field is no method of the class: write it as one, not as a function in a field',
      expect.stringMatching(/^- Loans.onArchived has decorators, by which something else calls it/),
    ]);
  });

  it('a class of which nothing is declared', () => {
    class Loans {
      async find(): Promise<void> {}
    }
    expect(refusal(Loans)).toContain('Loans has no method that others may call');
  });

  it('one that reaches #private names of another object, which may be a stand-in', () => {
    class Loans {
      #rows = 1;
      async find(): Promise<number> {
        return this.#rows;
      }
      static of(loans: Loans): number {
        return loans.#rows;
      }
    }
    class Apart {
      #rows = 1;
      async find(): Promise<number> {
        return this.#rows;
      }
    }
    expect(refusal(Loans, { find: 'query' })).toContain(
      'Loans reaches #rows of an object that need not be itself',
    );
    expect(serviceContract('loans', Apart, { operations: { find: 'query' } }).name).toBe('loans');
  });

  it('by the compiler, where the class has no decorators', () => {
    class Loans {
      async each(_done: () => void): Promise<void> {}
      async from(_stream: Readable): Promise<void> {}
      now(): number {
        return 1;
      }
      async within(_manager: EntityManager): Promise<void> {}
      async find(_id: number): Promise<void> {}
      async note(_id: number, _about: Record<string, unknown> = {}, _when?: Date): Promise<void> {}
      // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what nobody has typed
      async any(_given: any): Promise<void> {}
    }
    const made = {
      // @ts-expect-error -- a function
      function: () => serviceContract('loans', Loans, { operations: { each: 'query' } }),
      // @ts-expect-error -- a stream
      stream: () => serviceContract('loans', Loans, { operations: { from: 'query' } }),
      // @ts-expect-error -- a transaction
      manager: () => serviceContract('loans', Loans, { operations: { within: 'command' } }),
      // @ts-expect-error -- callers have to wait
      atOnce: () => serviceContract('loans', Loans, { operations: { now: 'query' } }),
      // @ts-expect-error -- no such method
      missing: () => serviceContract('loans', Loans, { operations: { nothing: 'query' } }),
      key: () =>
        serviceContract('loans', Loans, {
          // @ts-expect-error -- another parameter
          operations: { find: { kind: 'query', key: (id: string) => id } },
        }),
      right: () =>
        serviceContract('loans', Loans, {
          operations: { find: { kind: 'query', key: (id) => id + 1 }, note: 'command', any: 'query' },
        }),
    };
    expect(made.right().name).toBe('loans');
  });
});
