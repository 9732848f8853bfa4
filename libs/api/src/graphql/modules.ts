import {
  inventory,
  orders,
  payments,
  users,
  type Order,
  type Payment,
  type Product,
  type User,
} from '#contracts';
import { InjectPort } from 'nestjs-strangler';
import { Injectable } from '@nestjs/common';
import { asItself } from '../http/call-context.js';
import type { InventoryPort, OrdersPort, PaymentsPort, UsersPort } from '../ports.js';

/** Answers by key; what is not there is left out. */
export type Found<T> = ReadonlyMap<string, T>;

/** Asks a query of a contract by its name. */
export type Ask = (input: object) => Promise<unknown>;

/** The modules, for many keys at once. */
@Injectable()
export class Modules {
  constructor(
    @InjectPort(users) private readonly users: UsersPort,
    @InjectPort(inventory) private readonly inventory: InventoryPort,
    @InjectPort(payments) private readonly payments: PaymentsPort,
    @InjectPort(orders) private readonly orders: OrdersPort,
  ) {}

  /** Queries of a module, by their names; `undefined`: clients ask nothing of it. */
  queriesOf(module: string): Readonly<Record<string, Ask>> | undefined {
    const ports: Readonly<Record<string, unknown>> = {
      ...{ users: this.users, inventory: this.inventory, payments: this.payments, orders: this.orders },
    };
    return ports[module] as Readonly<Record<string, Ask>> | undefined;
  }

  async usersOf(ids: readonly string[]): Promise<Found<User>> {
    const { items } = await this.users.getUsers({ users: ids.map((id) => ({ id })) });
    return new Map(items.map((user) => [user.id, user]));
  }

  async productsOf(skus: readonly string[]): Promise<Found<Product>> {
    const { items } = await this.inventory.getProducts({ products: skus.map((sku) => ({ sku })) });
    return new Map(items.map((product) => [product.sku, product]));
  }

  /** A payment does not say whose it is; its order has. */
  async paymentsOf(orderIds: readonly string[]): Promise<Found<Payment>> {
    const asked = { orders: orderIds.map((orderId) => ({ orderId })) };
    const { items } = await asItself(() => this.payments.getPayments(asked));
    return new Map(items.map((payment) => [payment.orderId, payment]));
  }

  async ordersOf(userIds: readonly string[], limit: number): Promise<Found<readonly Order[]>> {
    const customers = userIds.map((userId) => ({ userId }));
    const { items } = await this.orders.listOrdersOf({ customers, limit });
    return new Map(items.map(({ userId, orders: own }) => [userId, own]));
  }
}
