import { sameAccountWith } from '../support/same-account.js';
import { moduleNames } from '../support/shop.js';

// Each module by itself: same-account.full.spec.ts.
describe('the account of a replay', () => sameAccountWith([moduleNames]));
