import { verifyUnderWrites } from '../support/verify-under-writes.js';

/*
 * Verify while rows are written, deleted and made anew without a pause, some of them again and again, and while buckets are
 * handed back and forth. What would go wrong: a row that is on its way, or that was something else when the other side was
 * asked, is taken for a difference and stops a cut-over; or the real one is lost among them.
 */
for (const seed of [1, 2, 3, 4, 5]) verifyUnderWrites(seed);
