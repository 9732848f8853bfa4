import { crashAtEveryBoundary } from '../support/saga-crash.js';

// Also before each step: the file of the same name in test:full.
describe('a crash at a step boundary, while the saga runs in the orders service', () => {
  crashAtEveryBoundary({ away: ['orders'], dies: 'orders', moments: 'after' });
});
