import { Logger } from '@nestjs/common';
import { IsInt, IsString } from 'class-validator';
import { command, contract } from 'nestjs-strangler/contract';
import { writeSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { Executor } from '#strangler/calls/executor';
import { dataSourceOptionsOf } from '#strangler/database/data-source';
import { managerOf } from '#strangler/database/transaction';
import { fruit } from './replication.js';

/*
 * A service of the module `fruit` as a process of its own, on the database named first. It rehearses a command, and stops itself in the
 * middle of it, as by SIGSTOP: while a statement runs, or after the last. When it is woken, it rehearses another one.
 */
class Basket {
  @IsInt() id: number;
  @IsString() owner: string;
}
const fruits = contract(fruit.module, {
  ownership: 'by-key',
  operations: { put: command({ input: Basket, output: Basket, key: 'owner' }) },
});

const [url = '', where] = process.argv.slice(2);
const dataSource = await new DataSource(dataSourceOptionsOf(url)).initialize();
/** Written before anything else happens: a stopped process prints nothing. */
const say = (line: string): unknown => writeSync(1, `${line}\n`);

let met = false;
const put = async (input: unknown): Promise<unknown> => {
  const { id, owner } = input as Basket;
  await managerOf(dataSource).query(`insert into fruit.basket values ($1, $2, 'rehearsed', 1)`, [id, owner]);
  if (met) return input;
  met = true;
  const asked = where === 'in a statement' ? managerOf(dataSource).query('select pg_sleep(600)') : undefined;
  // It is on its way then.
  await turn();
  say('stops');
  process.kill(process.pid, 'SIGSTOP');
  await asked;
  return input;
};

Logger.overrideLogger(false);
const noProcesses = { run: () => Promise.reject(new Error('there are none')) };
const executor = new Executor(fruits, { put }, dataSource, noProcesses);
const rehearse = (id: number) => executor.rehearse('put', { id, owner: 'anna' });
say(`the first: ${(await rehearse(1)).outcome}`);
say(`the second: ${(await rehearse(2)).outcome}`);
await dataSource.destroy();
