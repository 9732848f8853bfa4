import { walkUnderLoad } from './support/walk-under-load.js';

/* A module walks out, back, and out again while customers order, look and cancel: nobody sees more than a slower answer. */
// One by its keys, one as a whole; the others: walk-under-load.full.spec.ts.
walkUnderLoad('inventory');
walkUnderLoad('users');
