import fc from 'fast-check';
import { afterCheck, presumedHealthy } from './health.js';

const rule = { rise: 2, fall: 3 };
const after = (checks: readonly boolean[]) =>
  checks.reduce((health, ok) => afterCheck(health, ok, rule), presumedHealthy);

describe('the health of a copy', () => {
  it('falls after three bad checks in a row and rises after two good ones', () => {
    expect(after([false, false, true, false, false]).healthy).toBe(true);
    expect(after([false, false, false]).healthy).toBe(false);
    expect(after([false, false, false, true, false, true]).healthy).toBe(false);
    expect(after([false, false, false, true, true]).healthy).toBe(true);
  });

  it('is what the last checks agree on, whatever was before', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 30 }), fc.boolean(), (checks, ok) => {
        expect(after([...checks, ok, ok, ok]).healthy).toBe(ok);
      }),
    );
  });
});
