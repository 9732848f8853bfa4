import fc from 'fast-check';
import { RetryBudget } from './retry-budget.js';

it('however calls and failures follow each other: never more retries than ten, and one in ten calls', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 2_000 }), (steps) => {
      const budget = new RetryBudget();
      let calls = 0;
      for (const isCall of steps) {
        if (isCall) calls++;
        if (isCall) budget.earn();
        else budget.take();
        if (budget.figures.taken > 10 + calls / 10) return false;
      }
      return true;
    }),
  );
});

it('a tenth of the calls may fail for ever, and each is tried again', () => {
  const budget = new RetryBudget();
  for (let n = 0; n < 10_000; n++) {
    budget.earn();
    if (n % 10 === 0) expect(budget.take()).toBe(true);
  }
});
