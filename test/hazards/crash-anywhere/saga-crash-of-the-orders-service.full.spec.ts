import { crashAtEveryBoundary } from '../../support/saga-crash.js';

describe('a crash at a step boundary, while the saga runs in the orders service', () => {
  crashAtEveryBoundary({ away: ['orders'], dies: 'orders', moments: 'both' });
});
