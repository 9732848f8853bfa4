import { contract } from '../contract/contract.js';
import { process as processOf } from '../contract/operation-kinds.js';
import { UnavailableError, ValidationError, type DomainErrorData } from '../contract/errors.js';
import { DataSource } from 'typeorm';
import { refusal } from '../../../../test/support/failure.js';
import { Answer, Ask, toy } from '../../../../test/support/toy.js';
import { currentContext, withContext, withinContext, type CallContext } from '../database/context.js';
import { Executor, type Handler } from './executor.js';
import { LocalModules } from './local-modules.js';
import { prepare, type PreparedOperation } from '../contract/operation.js';
import type { Phase, Side } from '../routes/phase.js';
import { UnservedError, NotOwnerError } from '../database/refusals.js';
import type { CallObserver } from './call-observer.js';
import type { CallOptions } from './ports.js';
import { Router } from './router.js';
import { routeOf, Routes } from '../routes/routes.js';
import type { CommandOptions, RemoteCalls } from './side-calls.js';

const walk = contract('walk', {
  ownership: 'by-key',
  operations: {
    ...toy.operations,
    go: processOf({ input: Ask, output: Answer, key: (i) => i.name }),
  },
});

class Recorded implements RemoteCalls {
  readonly calls: [string, Side, unknown, CallOptions][] = [];
  call(operation: PreparedOperation, side: Side, input: unknown, options: CallOptions): Promise<unknown> {
    this.calls.push([`${operation.module}.${operation.name}`, side, input, options]);
    return Promise.resolve({ name: 'REMOTE' });
  }
}

/** A process on `monolith` with the module `walk`, whose operations write down that they ran. */
function processWith(phase: Phase | undefined, observer?: CallObserver) {
  const ran: string[] = [];
  const handler =
    (name: string): Handler =>
    () => {
      ran.push(name);
      return Promise.resolve({ name: 'LOCAL' });
    };
  const handlers = Object.fromEntries(Object.keys(walk.operations).map((name) => [name, handler(name)]));
  const noDatabase = new DataSource({ type: 'postgres' });
  const modules = new LocalModules('monolith');
  const executor = new Executor(walk, handlers, noDatabase, { run: handler('go') });
  modules.add(executor);
  const routes = new Routes();
  if (phase) routes.replace({ walk: routeOf(phase) });
  const remote = new Recorded();
  const port = new Router(routes, modules, remote, observer).port(walk);
  return { port, routes, remote, ran, executor };
}

const context = (more: Partial<CallContext> = {}): CallContext => ({
  requestId: 'r',
  servedBy: new Map(),
  ...more,
});

/** A service elsewhere, whose routes say that the monolith owns what it asks for; each side answers as given. */
function elsewhere(answers: Record<Side, () => Promise<unknown>>) {
  const asked: Side[] = [];
  const routes = new Routes();
  routes.replace({ walk: routeOf('dual-write') });
  const remote: RemoteCalls = {
    call: (_operation, side) => {
      asked.push(side);
      return answers[side]();
    },
  };
  return { port: new Router(routes, new LocalModules('extracted'), remote).port(walk), asked };
}

it('what is asked only to compare is asked by this process itself: who asks just now lends it nothing', async () => {
  const callers: unknown[] = [];
  const routes = new Routes();
  routes.replace({ walk: routeOf('shadow') });
  const router = new Router(routes, new LocalModules('monolith'), {
    call: () => {
      callers.push(currentContext()?.caller);
      return Promise.resolve({ name: 'REMOTE' });
    },
  });
  const look = prepare(walk).get('look')!;
  const caller = { program: 'gateway', as: 'client', actor: { id: 'a', role: 'admin', version: 1 } } as const;
  await withContext(context({ caller }), () => router.askSide(look, 'extracted', { name: 'x' }));
  expect(callers).toEqual([undefined]);
});

describe('a call inside the process', () => {
  const seen: unknown[] = [];
  const observer: CallObserver = {
    finished: ({ operation, side, outcome }) => seen.push(`${operation} ${side} ${outcome}`),
    answered: ({ input, result }) => seen.push({ input, result }),
  };
  beforeEach(() => seen.splice(0));

  it.each<Phase>(['monolith', 'shadow', 'shifting'])('%s: its input is parsed once', async (phase) => {
    const parse = jest.spyOn(prepare(walk).get('look')!.input, 'parse');
    const { port } = processWith(phase, observer);
    await port.look({ name: 'a' });
    expect(parse).toHaveBeenCalledTimes(1);
    parse.mockRestore();
  });

  it('is the executor’s own promise, also where somebody counts calls', () => {
    const { port, executor } = processWith('monolith', observer);
    const answer = Promise.resolve({ name: 'LOCAL' });
    jest.spyOn(executor, 'execute').mockReturnValue(answer);
    expect(port.look({ name: 'a' })).toBe(answer);
  });

  it('is told to who counts, with its answer', async () => {
    await processWith('monolith', observer).port.look({ name: 'a' });
    expect(seen).toEqual(['look monolith ok', { input: { name: 'a' }, result: { name: 'LOCAL' } }]);
  });

  it('that fails is told as one that failed, once', async () => {
    const { port } = processWith('monolith', observer);
    expect(await refusal(port.look({ name: '' }))).toMatchObject({ code: 'validation_failed' });
    expect(seen).toEqual(['look monolith refused']);
  });
});

it('a command is told to who has it rehearsed; not one that takes another back, or is cancelled', async () => {
  const committed: unknown[] = [];
  const { port } = processWith('extracted', {
    ...{ finished: () => undefined, answered: () => undefined },
    committed: ({ operation: { name }, side, input }) => committed.push([name, side, input]),
  });
  await port.put({ name: 'a' }, { undoOf: 'another' });
  await port.put({ name: 'b' }, { cancel: true } as CommandOptions);
  await port.look({ name: 'c' });
  await port.put({ name: 'd' });
  expect(committed).toEqual([['put', 'extracted', { name: 'd' }]]);
});

describe('the monolith is lost, and nobody is left who says so in the routes', () => {
  const nobody = () => Promise.reject(new UnservedError('walk', 'nobody'));

  it('a service that owns the key by now is asked', async () => {
    const { port, asked } = elsewhere({ monolith: nobody, extracted: () => Promise.resolve({ name: 'A' }) });
    expect(await port.put({ name: 'a' })).toEqual({ name: 'A' });
    expect(asked).toEqual(['monolith', 'extracted']);
  });

  it.each([
    ['it does not own it', () => Promise.reject(new NotOwnerError('walk', 0)), 'unavailable'],
    ['nobody is there either', nobody, 'unavailable'],
    ['it refuses', () => Promise.reject(new ValidationError(['no'])), 'validation_failed'],
  ])('%s', async (_what, extracted, code) => {
    const { port, asked } = elsewhere({ monolith: nobody, extracted });
    expect(await refusal(port.put({ name: 'a' }))).toMatchObject({ code });
    expect(asked).toEqual(['monolith', 'extracted']);
  });

  it('of a call that may have been done, nobody else is asked', async () => {
    const late = () => Promise.reject(new UnavailableError('walk', 'no answer in time'));
    const { port, asked } = elsewhere({ monolith: late, extracted: nobody });
    expect(await refusal(port.put({ name: 'a' }))).toMatchObject({ code: 'unavailable' });
    expect(asked).toEqual(['monolith']);
  });
});

describe('a call', () => {
  it('to a module that is served here stays here', async () => {
    const { port, remote, ran } = processWith('monolith');
    expect(await port.look({ name: 'a' })).toEqual({ name: 'LOCAL' });
    expect([ran, remote.calls]).toEqual([['look'], []]);
  });

  it('to a module that is served on the other side goes there, with its command id', async () => {
    const { port, remote, ran } = processWith('extracted');
    expect(await port.put({ name: 'a' }, { commandId: 'c' })).toEqual({ name: 'REMOTE' });
    expect([ran, remote.calls]).toEqual([[], [['walk.put', 'extracted', { name: 'a' }, { commandId: 'c' }]]]);
  });

  it('follows a change of the routes at once', async () => {
    const { port, routes } = processWith('monolith');
    routes.replace({ walk: routeOf('extracted') });
    expect(await port.look({ name: 'a' })).toEqual({ name: 'REMOTE' });
  });

  it('tells its request which side has worked', async () => {
    const { port, routes } = processWith('monolith');
    const request = context();
    await withContext(request, () => port.look({ name: 'a' }));
    expect([...request.servedBy]).toEqual([['walk', 'monolith']]);
    routes.replace({ walk: routeOf('extracted') });
    await withContext(request, () => port.look({ name: 'a' }));
    expect([...request.servedBy]).toEqual([['walk', 'extracted']]);
  });

  it.each<Phase>(['monolith', 'extracted'])(
    'whose deadline has passed is not started (%s)',
    async (phase) => {
      const { port, remote, ran } = processWith(phase);
      const late = withContext(context({ deadline: performance.now() - 1 }), () => port.look({ name: 'a' }));
      expect(await refusal(late)).toMatchObject({
        code: 'unavailable',
        data: { module: 'walk' } satisfies DomainErrorData,
      });
      expect([ran, remote.calls]).toEqual([[], []]);
    },
  );

  it('to a module of which nothing has been heard waits for the news', async () => {
    const { port, routes } = processWith(undefined);
    const waiting = port.look({ name: 'a' });
    routes.replace({ walk: routeOf('extracted') });
    expect(await waiting).toEqual({ name: 'REMOTE' });
  });

  it('to a module of which nothing is ever heard is unavailable', async () => {
    expect(await refusal(processWith(undefined).port.look({ name: 'a' }))).toMatchObject({
      code: 'unavailable',
    });
  });

  it('with wrong input is refused', async () => {
    const { port, ran } = processWith('monolith');
    await expect(port.look({ name: '?' })).rejects.toThrow(ValidationError);
    expect(ran).toEqual([]);
  });
});

/*
 * Inside a command a transaction is open. A command of another module would be outside of it as soon as that module is
 * away, so it is refused while both are here, too: a flip changes nothing.
 */
describe.each<Phase>(['monolith', 'extracted'])(
  'inside an open transaction, the other module on %s',
  (phase) => {
    const inside = <T>(module: string | undefined, work: () => Promise<T>) =>
      withinContext({ transaction: { manager: undefined as never, module, told: [] } }, work);

    it.each(['toy', undefined])('a command or process is refused (opened by %s)', async (opener) => {
      const { port, remote, ran } = processWith(phase);
      await expect(inside(opener, () => port.put({ name: 'a' }))).rejects.toThrow(
        'walk.put was called inside a transaction',
      );
      await expect(inside(opener, () => port.go({ name: 'a' }))).rejects.toThrow(
        'walk.go was called inside a transaction',
      );
      expect([ran, remote.calls]).toEqual([[], []]);
    });

    it('a query is answered', async () => {
      const { port } = processWith(phase);
      await expect(inside('toy', () => port.look({ name: 'a' }))).resolves.toBeDefined();
    });
  },
);
