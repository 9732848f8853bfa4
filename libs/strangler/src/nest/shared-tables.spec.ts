import { contract, type Handlers } from '../contract/contract.js';
import { command, query } from '../contract/operation-kinds.js';
import { Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InjectRepository } from '@nestjs/typeorm';
import { IsInt, Length } from 'class-validator';
import { randomUUID } from 'node:crypto';
import { Column, Entity, PrimaryColumn, Repository } from 'typeorm';
import { toyDatabase, type ToyDatabase } from '../../../../test/support/toy.js';
import type { Port } from '../calls/ports.js';
import { Router } from '../calls/router.js';
import { InjectPort } from '../calls/ports.js';
import { Agents } from '../sides/agents.js';
import { StranglerModule } from './strangler.module.js';

/*
 * Modules over the tables of an application that is still there. What would go wrong: a command's rows are written beside its transaction,
 * or twice; a module without commands wants tables that it does not need; a module leaves, and the application writes past its fence.
 */
class Named {
  @Length(1, 50) name: string;
}
class Jar {
  @Length(1, 50) name: string;
  @IsInt() sweets: number;
}
const jars = contract('jars', {
  ownership: 'by-key',
  operations: { fill: command({ input: Jar, output: Jar, errors: ['too_full'], key: 'name' }) },
});
const labels = contract('labels', {
  ownership: 'by-key',
  operations: { read: query({ input: Named, output: Jar, errors: ['not_found'], key: 'name' }) },
});

@Entity({ name: 'old_jars' })
class OldJar {
  @PrimaryColumn('text') name: string;
  @Column('integer') sweets: number;
}

@Injectable()
class JarService implements Handlers<typeof jars> {
  constructor(
    @InjectRepository(OldJar) private readonly rows: Repository<OldJar>,
    @InjectPort(labels) private readonly reading: Port<typeof labels>,
  ) {}

  async fill({ name, sweets }: Jar): Promise<Jar> {
    await this.rows.increment({ name }, 'sweets', sweets);
    const jar = await this.reading.read({ name });
    if (jar.sweets > 10) throw jars.error('fill', 'too_full');
    return jar;
  }
}

@Injectable()
class LabelService implements Handlers<typeof labels> {
  constructor(@InjectRepository(OldJar) private readonly rows: Repository<OldJar>) {}

  async read({ name }: Named): Promise<Jar> {
    const row = await this.rows.findOneBy({ name });
    if (!row) throw labels.error('read', 'not_found');
    return row;
  }
}

let database: ToyDatabase;
let app: INestApplicationContext;
let port: Port<typeof jars>;

beforeAll(async () => {
  database = await toyDatabase({ modules: ['jars'] });
  await database.query(`create table old_jars (name text primary key, sweets integer not null)`);
  await database.query(`insert into old_jars values ('a', 1)`);
  app = await NestFactory.createApplicationContext(oldShop(), { logger: false, abortOnError: false });
  port = app.get(Router).port(jars);
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

function oldShop() {
  @Module({
    imports: [
      StranglerModule.forRoot({ side: 'monolith', contracts: [jars, labels], database: database.url }),
      StranglerModule.forFeature(jars, JarService, { sharedTables: [OldJar] }),
      StranglerModule.forFeature(labels, LabelService, { sharedTables: [OldJar] }),
    ],
  })
  class OldShop {}
  return OldShop;
}

const sweets = async () =>
  (await database.query<{ sweets: number }>('select sweets from old_jars'))[0]?.sweets;

it('a command writes in its transaction, which others read in, and once', async () => {
  const commandId = randomUUID();
  const first = await port.fill({ name: 'a', sweets: 3 }, { commandId });
  expect(first).toEqual({ name: 'a', sweets: 4 });
  expect(await port.fill({ name: 'a', sweets: 3 }, { commandId })).toEqual(first);
  expect(await sweets()).toBe(4);
  await expect(port.fill({ name: 'a', sweets: 30 })).rejects.toMatchObject({ code: 'too_full' });
  expect(await sweets()).toBe(4);
});

it('a module of queries alone needs nothing in the database, and its queries are answered', async () => {
  expect(await app.get(Router).port(labels).read({ name: 'a' })).toMatchObject({ name: 'a' });
  expect(await database.query(`select from strangler.ownership where module = 'labels'`)).toEqual([]);
});

it('the other one may not move before its tables are its own', async () => {
  expect(await app.get(Agents).of('jars')?.check()).toContain(
    'old_jars is written by others as well, and no fence holds them: once nobody else writes it, name it in tables',
  );
});
