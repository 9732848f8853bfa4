/* What examples in docstrings take for granted: an application of Nest with two modules. Their text is compiled behind this. */
export { Body, Controller, Get, Injectable, Module, Param, Post, UseGuards } from '@nestjs/common';
export { NestFactory } from '@nestjs/core';
export { getDataSourceToken, InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
export { Exclude } from 'class-transformer';
export { IsBoolean, IsInt, IsString, Length } from 'class-validator';
export { writeFile } from 'node:fs/promises';
export { default as pg } from 'pg';
export { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn, Repository } from 'typeorm';

import { Controller, Injectable, Module, type CanActivate, type INestApplication } from '@nestjs/common';
import { Column, Entity, PrimaryColumn, Repository } from 'typeorm';
import { Length } from 'class-validator';
import type pg from 'pg';
import {
  callDue,
  command,
  CommandOperation,
  contract,
  Count,
  event,
  Id,
  query,
  QueryOperation,
  serviceContract,
  type CallDue,
} from 'nestjs-strangler/contract';
import type { Operator, Port } from 'nestjs-strangler';
import type { AdminAddress, Session as LogIn } from 'nestjs-strangler/cli';

/** Orders, by a written contract. */
export class ById {
  @Id() id: string;
}
export class Place {
  @Id() id: string;
  @Length(1, 20) sku: string;
  @Count(1) quantity: number;
}
export class Order extends Place {
  @Length(1, 20) status: string;
}
export class OrderPlaced {
  @Id() orderId: string;
  @Length(1, 20) sku: string;
}
export const placed = event('orders.placed', { data: OrderPlaced, key: 'orderId' });
export const orders = contract('orders', {
  ownership: 'by-key',
  events: [placed],
  operations: {
    get: query({ input: ById, output: Order, errors: ['not_found'], key: 'id' }),
    place: command({ input: Place, output: Order, errors: ['out_of_stock'], key: 'id', undo: 'cancel' }),
    cancel: command({ input: ById, output: Order, errors: ['not_found'], key: 'id' }),
  },
});
@Entity({ schema: 'orders', name: 'order' })
export class OrderRow {
  @PrimaryColumn('uuid') id: string;
  @Column() sku: string;
  @Column() quantity: number;
  @Column() status: string;
}
@Injectable()
export class OrdersService {
  get: (input: ById) => Promise<Order>;
  place: (input: Place) => Promise<Order>;
  cancel: (input: ById) => Promise<Order>;
}
@Module({})
export class OrdersModule {}

/** Sessions, behind the class of their service. */
@Entity('sessions')
export class Session {
  @PrimaryColumn('uuid') id: string;
  @Column() userId: number;
  @Column('timestamptz') lastUsedAt: Date;
}
@Injectable()
export class SessionsService {
  @QueryOperation() declare findActive: (userId: number) => Promise<Session[]>;
  @CommandOperation() declare revoke: (id: string, userId: number) => Promise<void>;
}
export const sessions = serviceContract('sessions', SessionsService, { classes: [Session] });
@Controller('sessions')
export class SessionsController {}
@Module({})
export class SessionsModule {}

/** What the application has besides. */
export const contracts = [orders, sessions] as const;
@Injectable()
export class AdminGuard implements CanActivate {
  canActivate: () => boolean;
}
export declare class ConfigService {
  get<T = string>(name: string): T | undefined;
  getOrThrow<T = string>(name: string): T;
}
export declare const address: AdminAddress;
export declare const app: INestApplication;
export declare const client: pg.Client;
export declare const operator: Operator;
export declare const port: Port<typeof orders>;
export declare const provider: { charge(id: string): Promise<string> };
export declare const session: LogIn;
export declare const url: string;
export declare const token: string;
