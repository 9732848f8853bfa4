import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { Line } from './lines.js';

/** A customer of the file as a user of the shop. */
export interface SampleUser {
  id: string;
  email: string;
  name: string;
  country: string | null;
}

/** Since when the shop has had users that are in no file. */
const opening = Date.UTC(2010, 11, 1);

/** A UUIDv7 that is always the same for the same name and time. */
export const stableId = (name: string, at = opening): string =>
  uuidv7({ msecs: at, random: createHash('sha256').update(name).digest().subarray(0, 16) });

/** Buys what the file says no customer of. */
export const walkIn: SampleUser = {
  id: stableId('walk-in'),
  email: 'walk-in@sample.example',
  name: 'Walk-in customer',
  country: null,
};

/** The users of the file by customer id, in its order. Time and country are those of the first line that names them. */
export function customersOf(lines: readonly Line[]): Map<string, SampleUser> {
  const users = new Map<string, SampleUser>();
  for (const { customer, at, country } of lines) {
    if (customer !== undefined && !users.has(customer)) users.set(customer, userOf(customer, at, country));
  }
  return users;
}

const userOf = (customer: string, at: number, country: string): SampleUser => ({
  id: stableId(customer, at),
  email: `customer${customer.toLowerCase()}@sample.example`,
  name: `Customer ${customer}`,
  country: country || null,
});
