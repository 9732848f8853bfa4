import { crashAtEveryBoundary } from '../../support/saga-crash.js';

describe('a crash at a step boundary, while all modules are in one process', () => {
  crashAtEveryBoundary({ away: [], dies: 'shop', moments: 'after' });
});
