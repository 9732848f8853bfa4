import type { DataSource } from 'typeorm';
import { Executor, type ExecutorOptions, type Handler } from '#strangler/calls/executor';
import { managerOf } from '#strangler/database/transaction';
import { toy, type Ask } from './toy.js';

type Names = keyof typeof toy.operations;

/** What the toy module does: a test replaces what it is about. */
export type ToyHandlers = Record<Names, Handler>;

/** The toy module. Its commands write their name down and answer what they were asked. */
export function toyExecutor(
  dataSource: DataSource,
  options: ExecutorOptions = {},
): { executor: Executor; handlers: ToyHandlers } {
  const echo: Handler = (input) => Promise.resolve(input);
  const record: Handler = async (input) => {
    await writeDown(dataSource, (input as Ask).name);
    return input;
  };
  const handlers: ToyHandlers = {
    look: echo,
    lookBriefly: echo,
    lookAll: echo,
    list: echo,
    put: record,
    take: record,
    putBriefly: record,
    putAll: async (input) => {
      await writeDown(dataSource, `ALL ${namesIn(input)}`);
      return input;
    },
    takeAll: async (input) => {
      await writeDown(dataSource, `NONE ${namesIn(input)}`);
      return input;
    },
  };
  // Each call looks its handler up anew, so that one replaced later counts.
  const now = Object.fromEntries(
    Object.keys(handlers).map((name): [string, Handler] => [
      name,
      (input, prepared) => handlers[name as Names](input, prepared),
    ]),
  );
  const noProcesses = { run: () => Promise.reject(new Error('the toy module has no processes')) };
  return { executor: new Executor(toy, now, dataSource, noProcesses, options), handlers };
}

/** The names in an input of `putAll` or `takeAll`. */
const namesIn = (input: unknown): string =>
  (input as { items: Ask[] }).items.map(({ name }) => name).join(' ');

/** Writes one effect, in the running command's transaction. */
export const writeDown = (dataSource: DataSource, what: string): Promise<unknown> =>
  managerOf(dataSource).query('insert into toy.effect (what) values ($1)', [what]);
