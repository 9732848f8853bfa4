/** A Jest reporter: ends the run with one plain line, `N passed, N failed`, for machines that read logs. */
export default class ClosingLine {
  #line = '0 passed, 0 failed';

  constructor() {
    // Jest's own summary comes after every reporter; this comes after that.
    process.once('exit', () => process.stdout.write(`\n${this.#line}\n`));
  }

  onRunComplete(_contexts, results) {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests } = results;
    // A file that did not even load has no failed tests, and has failed.
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : '';
    this.#line = `${numPassedTests} passed, ${failed} failed${skipped}`;
  }
}
