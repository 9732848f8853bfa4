import {
  inventory,
  Order,
  orders,
  Payment,
  payments,
  Product,
  ReservedLine,
  User,
  users,
  type OrdersOf,
} from '#contracts';
import type { Dto, Operation } from 'nestjs-strangler/contract';
import { asItself } from '../http/call-context.js';
import { PaymentView } from '../orders.dto.js';
import type { InventoryPort, OrdersPort, PaymentsPort, UsersPort } from '../ports.js';
import { ProductView, productView } from '../products.dto.js';
import { UserView, userView } from '../users.dto.js';

/** The ports of the modules that clients may ask. */
export interface Ports {
  users: UsersPort;
  inventory: InventoryPort;
  payments: PaymentsPort;
  orders: OrdersPort;
}

/** A class of a contract that clients see as REST shows it. */
export interface Shown {
  readonly of: Dto<unknown>;
  readonly as: Dto<unknown>;
  readonly view: (value: never) => unknown;
}

export const shown: readonly Shown[] = [
  { of: Product, as: ProductView, view: productView },
  { of: User, as: UserView, view: userView },
  // What it leaves out nobody can ask for.
  { of: Payment, as: PaymentView, view: (payment: Payment) => payment },
];

/** Classes whose names say less outside of their module. */
export const named: ReadonlyMap<Dto<unknown>, string> = new Map([[ReservedLine, 'OrderLine']]);

/**
 * A field that another module answers: for all objects of a level at once, by a query of many keys. `P`: what it has the field; `T`: what the field holds.
 */
export interface Relation<P = never, T = unknown> {
  readonly on: Dto<unknown>;
  readonly field: string;
  readonly description: string;
  readonly to: Dto<unknown>;
  /** It is a list; `limit` of each, where the field is asked for so many. */
  readonly many?: { readonly usual: number; readonly most: number };
  readonly operation: Operation;
  /** The key by which the other module knows it; null: there is nothing. */
  readonly key: (parent: P) => string | null;
  /** Answers by key; what is not there is left out. */
  readonly load: (ports: Ports, keys: readonly string[], limit: number) => Promise<ReadonlyMap<string, T>>;
}

const relation = <P, T>(made: Relation<P, T>): Relation => made;

const by = <T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, T> =>
  new Map(items.map((item) => [keyOf(item), item]));

/** Which object leads to which; all that the schema has beyond the contracts. */
export const relations: readonly Relation[] = [
  relation({
    on: Order,
    field: 'customer',
    description: 'Who has ordered; null once that person is erased.',
    to: User,
    operation: users.operations.getUsers,
    key: ({ userId }: Order) => userId,
    load: async ({ users: port }, ids) =>
      by((await port.getUsers({ users: ids.map((id) => ({ id })) })).items, ({ id }) => id),
  }),
  relation({
    on: Order,
    field: 'payment',
    description: 'Null as long as there is none.',
    to: Payment,
    operation: payments.operations.getPayments,
    key: ({ id }: Order) => id,
    load: async ({ payments: port }, ids) => {
      // A payment does not say whose it is; its order has.
      const asked = { orders: ids.map((orderId) => ({ orderId })) };
      const { items } = await asItself(() => port.getPayments(asked));
      return by(items, ({ orderId }) => orderId);
    },
  }),
  relation({
    on: ReservedLine,
    field: 'product',
    description: 'As it is sold today: its price may be another one by now.',
    to: Product,
    operation: inventory.operations.getProducts,
    key: ({ sku }: ReservedLine) => sku,
    load: async ({ inventory: port }, skus) =>
      by((await port.getProducts({ products: skus.map((sku) => ({ sku })) })).items, ({ sku }) => sku),
  }),
  relation({
    on: User,
    field: 'orders',
    description: 'The latest, the newest first.',
    to: Order,
    many: { usual: 10, most: 50 },
    operation: orders.operations.listOrdersOf,
    key: ({ id }: User) => id,
    load: async ({ orders: port }, ids, limit) => {
      const { items } = await port.listOrdersOf({ customers: ids.map((userId) => ({ userId })), limit });
      return new Map(items.map(({ userId, orders: own }: OrdersOf) => [userId, own]));
    },
  }),
];
