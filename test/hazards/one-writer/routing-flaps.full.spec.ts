import { toAndFro } from '../support/flap.js';
import { Random } from '../support/random.js';

/* See routing-flaps.spec.ts: so often that what is rare comes too. */
toAndFro(200, Random.ofNow());
