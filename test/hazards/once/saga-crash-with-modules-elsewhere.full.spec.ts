import { crashAtEveryBoundary } from '../../support/saga-crash.js';

describe('a crash at a step boundary, while inventory and payments are elsewhere', () => {
  crashAtEveryBoundary({ away: ['inventory', 'payments'], dies: 'shop', moments: 'both' });
});
