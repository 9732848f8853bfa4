import { toAndFro } from '../support/flap.js';

/* See routing-flaps.spec.ts: so often that what is rare comes too. */
toAndFro(200);
