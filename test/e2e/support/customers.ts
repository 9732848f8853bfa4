import { randomUUID } from 'node:crypto';

/** Customers of an application who write all the while, and keep what they were told. */
export class Customers {
  /** References of what was accepted, in the order of the answers. */
  readonly accepted: string[] = [];
  /** What was said to those whose write was not. */
  readonly refused: string[] = [];
  private stopped = false;
  private readonly all: Promise<unknown>;

  /** `body`: what is posted beside the reference. */
  constructor(
    private readonly url: string,
    private readonly body: () => object,
    count = 4,
  ) {
    this.all = Promise.all(Array.from({ length: count }, () => this.write()));
  }

  /** Resolves when the last one has its answer. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.all;
  }

  private async write(): Promise<void> {
    while (!this.stopped) {
      const reference = randomUUID();
      const body = JSON.stringify({ reference, ...this.body() });
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(this.url, { method: 'POST', headers, body });
      if (answer.status === 201) this.accepted.push(reference);
      else this.refused.push(`${answer.status}: ${await answer.text()}`);
    }
  }
}
