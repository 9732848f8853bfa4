import type { LeftOut } from '../assessment.js';

/** Does a piece of work on a file. What it cannot do is said, and the rest goes on. */
export function attempt(leftOut: LeftOut[], file: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    leftOut.push({ file, line: null, why: `not understood: ${(error as Error).message}` });
  }
}
