import type { inventory, orders, payments, users } from '#contracts';
import type { Port } from 'nestjs-strangler';

// By name, as `constructor(private users: Port<typeof users>)` would refer to the parameter itself.
export type UsersPort = Port<typeof users>;
export type InventoryPort = Port<typeof inventory>;
export type OrdersPort = Port<typeof orders>;
export type PaymentsPort = Port<typeof payments>;
