import {
  command,
  contract,
  OutcomeUnknownError,
  process,
  UnavailableError,
  type Contract,
} from 'nestjs-strangler/contract';
import { call, own, type CallOptions, type Saga } from 'nestjs-strangler';
import { LocalModules } from '#strangler/calls/local-modules';
import { Router } from '#strangler/calls/router';
import { Routes, routeOf } from '#strangler/routes/routes';
import type { RemoteCalls } from '#strangler/calls/side-calls';
import { withContext } from '#strangler/database/context';
import { Executor, type ExecutorOptions, type Handler } from '#strangler/calls/executor';
import { prepare, type PreparedOperation } from '#strangler/contract/operation';
import { SagaDriver } from '#strangler/calls/sagas/driver';
import { SagaEngine } from '#strangler/calls/sagas/engine';
import { Steps } from '#strangler/calls/sagas/steps';
import { managerOf } from '#strangler/database/transaction';
import { Answer, Ask, toyDatabase, type ToyDatabase } from './toy.js';

const key = (i: Ask): string => i.name;
const operation = { input: Ask, output: Answer, key };

export const shelf = contract('shelf', {
  ownership: 'by-key',
  operations: {
    take: command({ ...operation, errors: ['sold_out'], undo: 'giveBack' }),
    giveBack: command(operation),
    ship: command(operation),
  },
});

export const till = contract('till', {
  ownership: 'by-key',
  operations: {
    pay: command({ ...operation, errors: ['declined', 'closed'], undo: 'payBack' }),
    payBack: command(operation),
  },
});

export const desk = contract('desk', {
  ownership: 'by-key',
  operations: { serve: process({ ...operation, errors: ['sold_out', 'declined'], timeoutMs: 20_000 }) },
});

/** Take from the shelf, note it, pay, stamp (there is only forward from here), ship. */
class ServeSaga implements Saga<Ask, Answer, Ask> {
  constructor(
    private readonly write: (what: string) => Promise<unknown>,
    private readonly last: (name: string) => Promise<string>,
  ) {}

  readonly pivot = 'stamp';
  readonly steps = [
    call<Ask, typeof shelf, 'take'>(shelf, 'take', { input: (state) => state }),
    own<Ask>('note', ({ name }) => this.write(`note ${name}`) as Promise<void>, {
      undo: ({ name }) => this.write(`unnote ${name}`) as Promise<void>,
    }),
    call<Ask, typeof till, 'pay'>(till, 'pay', { input: (state) => state, waitOn: ['closed'] }),
    own<Ask>('stamp', ({ name }) => this.write(`stamp ${name}`) as Promise<void>),
    call<Ask, typeof shelf, 'ship'>(shelf, 'ship', { input: (state) => state }),
  ];

  begin = (input: Ask): Ask => input;
  answer = async ({ name }: Ask): Promise<Answer> => ({ name, text: await this.last(name) });
  wait = ({ name }: Ask): Promise<void> => this.write(`wait ${name}`) as Promise<void>;
}

/** How a remote call goes: `deliver` carries it out on the other side. */
export type Way = (deliver: () => Promise<unknown>, options: CallOptions) => Promise<unknown>;

export const lostReply: Way = async (deliver) => {
  await deliver();
  throw new OutcomeUnknownError('m', 'o', 'c');
};
export const noAnswer: Way = () => Promise.reject(new OutcomeUnknownError('m', 'o', 'c'));
export const unreachable: Way = () => Promise.reject(new UnavailableError('m', 'nobody there'));
export const refused =
  (error: Error): Way =>
  () =>
    Promise.reject(error);

/** Remote calls that misbehave on cue. What is not scripted is carried out. */
class ScriptedRemote implements RemoteCalls {
  readonly calls: { name: string; commandId: string | undefined }[] = [];
  private readonly script = new Map<string, Way[]>();

  constructor(private readonly modules: LocalModules) {}

  /** The next calls of `name` (`till.pay`) go these ways. */
  next(name: string, ...ways: Way[]): void {
    this.script.set(name, [...(this.script.get(name) ?? []), ...ways]);
  }

  named(name: string): (string | undefined)[] {
    return this.calls.filter((each) => each.name === name).map(({ commandId }) => commandId);
  }

  call(
    { module, name }: PreparedOperation,
    _side: string,
    input: unknown,
    options: CallOptions,
  ): Promise<unknown> {
    const title = `${module}.${name}`;
    this.calls.push({ name: title, commandId: options.commandId });
    const deliver = () =>
      withContext({ requestId: 'remote', servedBy: new Map() }, () =>
        this.modules.executor(module).execute(name, input, options.commandId, options),
      );
    return (this.script.get(title)?.shift() ?? ((go: () => Promise<unknown>) => go()))(deliver, options);
  }
}

interface ToyOptions extends Pick<ExecutorOptions, 'prepare' | 'acknowledger'> {
  /** What another release makes of the saga; `write` writes something down in the desk's own transaction. */
  release?: ToyRelease;
}
export type ToyRelease = (
  saga: Saga<Ask, Answer, Ask>,
  write: (what: string) => Promise<void>,
) => Saga<Ask, Answer, Ask>;

/** The toy modules in one process; each can be set away, so that it is called through {@link ScriptedRemote}. */
export function toyModules(
  database: ToyDatabase,
  { prepare: prepared, acknowledger, release = (saga) => saga }: ToyOptions = {},
) {
  const { dataSource } = database;
  const modules = new LocalModules('monolith');
  const routes = new Routes();
  const remote = new ScriptedRemote(modules);
  const router = new Router(routes, modules, remote);
  const steps = new Steps(router);
  const driver = new SagaDriver(dataSource, steps, acknowledger);
  const engine = new SagaEngine(dataSource, steps, driver, acknowledger);
  const write = (module: string, what: string) =>
    managerOf(dataSource).query(`insert into ${module}.effect (what) values ($1)`, [what]);
  const query = (sql: string, params: unknown[]) => managerOf(dataSource).query<object[]>(sql, params);
  const handlers: Record<string, Handler> = {};
  const add = (module: Contract, options?: ExecutorOptions) => {
    const own = Object.keys(module.operations).map((name): [string, Handler] => {
      handlers[`${module.name}.${name}`] = async (input) => {
        await write(module.name, `${name} ${(input as Ask).name}`);
        return input;
      };
      return [name, (input) => (handlers[`${module.name}.${name}`] as Handler)(input)];
    });
    modules.add(new Executor(module, Object.fromEntries(own), dataSource, engine, options));
  };
  add(shelf);
  add(till, { prepare: prepared ?? new Map() });
  add(desk);
  const last = async (name: string) => {
    const sql = `select what from desk.effect where what like '% ' || $1 order by id desc limit 1`;
    const [row] = await managerOf(dataSource).query<{ what: string }[]>(sql, [name]);
    return row?.what.split(' ')[0] ?? 'unknown';
  };
  const atDesk = (what: string) => write('desk', what) as Promise<void>;
  const saga = release(new ServeSaga(atDesk, last), atDesk);
  const serve = prepare(desk).get('serve') as PreparedOperation;
  engine.register(serve, saga);
  const away = (...names: string[]) =>
    routes.replace(
      Object.fromEntries(
        ['shelf', 'till', 'desk'].map((name) => [
          name,
          routeOf(names.includes(name) ? 'extracted' : 'monolith'),
        ]),
      ),
    );
  away();
  return { port: router.port(desk), routes, remote, handlers, engine, driver, saga, away, query };
}

export const toyModulesDatabase = (poolSize = 10) =>
  toyDatabase({ modules: ['shelf', 'till', 'desk'], poolSize });
