import pg from 'pg';

/**
 * A connection that closes when a query has timed out on it. pg gives up the answer but keeps the connection; the pool
 * would lend it out again, and whoever comes next would wait behind the query that hangs.
 */
export class ClosingClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    // Whoever borrows it listens a moment after it is lent: unheard, an end that comes in between would end the process.
    this.on('error', () => undefined);
    const query = this.query.bind(this) as (...args: unknown[]) => unknown;
    this.query = ((...args: unknown[]) => this.watch(query(...args))) as typeof this.query;
  }

  private watch(answer: unknown): unknown {
    if (answer instanceof Promise) answer.catch((error: unknown) => this.closeAfterTimeout(error));
    return answer;
  }

  private closeAfterTimeout(error: unknown): void {
    if (error instanceof Error && error.message === 'Query read timeout') void this.end();
  }
}
