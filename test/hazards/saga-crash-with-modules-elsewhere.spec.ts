import { crashAtEveryBoundary } from '../support/saga-crash.js';

// At every boundary: the file of the same name in test:full.
describe('a crash at a step boundary, while inventory and payments are elsewhere', () => {
  crashAtEveryBoundary({ away: ['inventory', 'payments'], dies: 'shop', moments: 'elsewhere' });
});
