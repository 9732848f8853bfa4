import { verifyUnderWrites } from './support/verify-under-writes.js';

/* See verify-under-writes.full.spec.ts: in other orders. */
for (const seed of [2, 3, 4, 5]) verifyUnderWrites(seed);
