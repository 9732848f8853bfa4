import { crashAtEveryBoundary } from '../support/saga-crash.js';

// Also before each step: the file of the same name in test:full.
describe('a crash at a step boundary, while inventory and payments are elsewhere', () => {
  crashAtEveryBoundary({ away: ['inventory', 'payments'], dies: 'shop', moments: 'after' });
});
