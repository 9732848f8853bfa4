/** Of so many calls one may be tried again. */
const callsARetry = 10;
/** Retries that a time without failures saves up. */
const most = 10;

/**
 * How many retries calls have earned: one in ten, and ten at once. Where all calls fail, a tenth is added to what the side has to do, not
 * a multiple of it (Finagle's retry budget). Counted in tenths, so that nothing is lost by rounding.
 */
export class RetryBudget {
  private tenths = most * callsARetry;
  /** Retries so far, and how many more would have been made. */
  readonly figures = { taken: 0, refused: 0 };

  /** A call is made for the first time. */
  earn(): void {
    if (this.tenths < most * callsARetry) this.tenths++;
  }

  /** Whether one may be tried again. */
  take(): boolean {
    if (this.tenths < callsARetry) {
      this.figures.refused++;
      return false;
    }
    this.tenths -= callsARetry;
    this.figures.taken++;
    return true;
  }
}
