import { walkUnderLoad } from '../support/walk-under-load.js';

/* See walk-under-load.spec.ts: the other modules. */
walkUnderLoad('users');
walkUnderLoad('payments');
walkUnderLoad('orders');
