import { Order, Payment, Product, ReservedLine, User } from '#contracts';
import type { Dto } from 'nestjs-strangler/contract';
import type { Found, Modules } from './modules.js';
import { PaymentView } from '../orders.dto.js';
import { ProductView, productView } from '../products.dto.js';
import { UserView, userView } from '../users.dto.js';

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
  /** The key by which the other module knows it; null: there is nothing. */
  readonly key: (parent: P) => string | null;
  readonly load: (modules: Modules, keys: readonly string[], limit: number) => Promise<Found<T>>;
}

const relation = <P, T>(made: Relation<P, T>): Relation => made;

/** Which object leads to which; all that the schema has beyond the contracts. */
export const relations: readonly Relation[] = [
  relation({
    on: Order,
    field: 'customer',
    description: 'Who has ordered; null once that person is erased.',
    to: User,
    key: ({ userId }: Order) => userId,
    load: (modules, ids) => modules.usersOf(ids),
  }),
  relation({
    on: Order,
    field: 'payment',
    description: 'Null as long as there is none.',
    to: Payment,
    key: ({ id }: Order) => id,
    load: (modules, ids) => modules.paymentsOf(ids),
  }),
  relation({
    on: ReservedLine,
    field: 'product',
    description: 'As it is sold today: its price may be another one by now.',
    to: Product,
    key: ({ sku }: ReservedLine) => sku,
    load: (modules, skus) => modules.productsOf(skus),
  }),
  relation({
    on: User,
    field: 'orders',
    description: 'The latest, the newest first.',
    to: Order,
    many: { usual: 10, most: 50 },
    key: ({ id }: User) => id,
    load: (modules, ids, limit) => modules.ordersOf(ids, limit),
  }),
];
