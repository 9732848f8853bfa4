import { walkIn } from '../file/customers.js';
import type { Sample } from '../file/sample.js';

/** The last row that loading puts into each module: where it is, all the others are. */
export interface Marks {
  userId: string;
  sku: string;
}

/** Those of the file that comes with the project. Written down, so that a start need not read the file to ask for them. */
export const shippedMarks: Marks = { userId: walkIn.id, sku: '90214Z' };

/** The marks of a sample, by default of the one that comes with the project. */
export const lastLoaded = (sample?: Sample): Marks =>
  sample
    ? { userId: sample.users.at(-1)?.id ?? walkIn.id, sku: sample.products.at(-1)?.sku ?? shippedMarks.sku }
    : shippedMarks;
