import { appendFileSync } from 'node:fs';

/** What happened when, since the begin; printed, and written into a file. */
export class Timeline {
  private readonly begun = performance.now();

  constructor(
    private readonly path: string,
    private readonly print: (line: string) => void,
  ) {}

  readonly tell = (line: string): void => {
    const seconds = ((performance.now() - this.begun) / 1_000).toFixed(1);
    const told = `${seconds.padStart(7)} s  ${line}`;
    this.print(told);
    appendFileSync(this.path, `${told}\n`);
  };
}
