import { walkUnderLoad } from '../support/walk-under-load.js';

/* A module walks out, back, and out again while customers order, look and cancel: nobody sees more than a slower answer. */
// The others, one of which is owned as a whole: walk-under-load.full.spec.ts.
walkUnderLoad('inventory');
