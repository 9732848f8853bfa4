import { inventory } from './inventory.js';
import { notifications } from './notifications.js';
import { orders } from './orders.js';
import { payments } from './payments.js';
import { users } from './users.js';

type All = {
  users: typeof users;
  inventory: typeof inventory;
  payments: typeof payments;
  orders: typeof orders;
  notifications: typeof notifications;
};

/** Operations of other modules, by module. */
type Called = { readonly [M in keyof All]?: readonly (keyof All[M]['operations'] & string)[] };

/** The name of the program that is the API alone. */
export const gateway = 'gateway';

/** What programs call that carry no module: the API, which asks whoever has one. */
export const callers: Readonly<Record<typeof gateway, Called>> = {
  gateway: {
    users: [
      'authenticate',
      'changePassword',
      'eraseUser',
      'getSession',
      'getUser',
      'getUsers',
      'jwks',
      'listUsers',
      'register',
      'rotateKeys',
      'setRole',
      'updateUser',
    ],
    inventory: ['getProduct', 'getProducts', 'listProducts', 'putProduct', 'restock'],
    payments: ['getPayment', 'getPayments'],
    orders: [
      'cancel',
      'findOrder',
      'getOrder',
      'listAllOrders',
      'listOrders',
      'listOrdersOf',
      'place',
      'summary',
    ],
  },
};

/**
 * What each module calls of the others: its service may say that over NATS and nothing else. What takes a command back comes
 * with it. test/boundaries/calls.spec.ts holds it against the sources.
 */
export const calls: Readonly<Record<keyof All, Called>> = {
  users: {},
  inventory: {},
  payments: {},
  orders: {
    users: ['getUser'],
    inventory: ['reserve', 'commit', 'release'],
    payments: ['charge', 'refund'],
  },
  // Its own: a mail's key may have moved while its mail was sent.
  notifications: { notifications: ['noted'] },
};
