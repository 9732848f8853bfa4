import { currentContext } from './context.js';

/**
 * How much may go on at a time.
 *
 * @example
 * ```ts
 * const limits: AdmissionLimits = { running: 4, waiting: 16, waitMs: 500 };
 * ```
 */
export interface AdmissionLimits {
  /** Pieces of work at a time. */
  running: number;
  /** Most that may wait for their turn; who comes on top is refused at once. */
  waiting: number;
  /** Longest wait, in ms; less where the call's deadline is nearer. */
  waitMs: number;
}

/**
 * What an admission does just now, and how many it has refused so far.
 *
 * @example
 * ```ts
 * const isBusy = ({ waiting, refused }: AdmissionFigures) => waiting > 0 || refused > 0;
 * ```
 */
export interface AdmissionFigures {
  running: number;
  waiting: number;
  refused: number;
  /** The most that have run at a time. */
  mostRunning: number;
}

const known = new Map<string, Admission>();

/**
 * The figures of every admission of this process, by name.
 *
 * @example
 * ```ts
 * for (const [name, { running, waiting }] of Object.entries(admissions())) console.log(name, running, waiting);
 * ```
 */
export const admissions = (): Record<string, AdmissionFigures> =>
  Object.fromEntries([...known].map(([name, admission]) => [name, admission.figures()]));

/**
 * Bounds work that would otherwise take a whole resource (a thread pool, the connections to a database): a few at a time, a
 * short queue in the order of arrival, and the rest is refused at once, for a long queue only makes answers late that
 * nobody waits for any more.
 *
 * @example
 * ```ts
 * const hashing = new Admission('password hashes', { running: 2, waiting: 16, waitMs: 500 }, () =>
 *   new ShedError('users', 'too many log-ins at a time'));
 * const hash = await hashing.run(() => provider.charge('0190a7d2-…'));
 * ```
 */
export class Admission {
  private readonly queue = new Set<() => void>();
  private running = 0;
  private refused = 0;
  private mostRunning = 0;

  /** `refusal` makes the error of those that are refused. */
  constructor(
    name: string,
    private readonly limits: AdmissionLimits,
    private readonly refusal: () => Error,
  ) {
    known.set(name, this);
  }

  /**
   * Runs `work` when its turn has come. `until`: it does not wait any longer, by `performance.now()`. `begun`: it belongs to what has begun, so it
   * waits and is never refused. @throws the refusal.
   */
  async run<T>(work: () => Promise<T>, { begun = false, until = Infinity } = {}): Promise<T> {
    if (this.running < this.limits.running) this.mostRunning = Math.max(this.mostRunning, ++this.running);
    else await (begun ? this.place() : this.turn(until));
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  figures(): AdmissionFigures {
    const { running, refused, mostRunning } = this;
    return { running, waiting: this.queue.size, refused, mostRunning };
  }

  private turn(until: number): Promise<void> {
    const { waiting, waitMs } = this.limits;
    const last = Math.min(until, currentContext()?.deadline ?? Infinity);
    const patience = Math.min(waitMs, last - performance.now());
    if (this.queue.size >= waiting || patience <= 0) return Promise.reject(this.refuse());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.queue.delete(enter);
        reject(this.refuse());
      }, patience);
      const enter = () => {
        clearTimeout(timer);
        resolve();
      };
      this.queue.add(enter);
    });
  }

  private place(): Promise<void> {
    return new Promise((resolve) => void this.queue.add(resolve));
  }

  /** Who leaves gives the place to the next, so that nobody who comes now is faster. */
  private leave(): void {
    const [next] = this.queue;
    if (!next) this.running--;
    else {
      this.queue.delete(next);
      next();
    }
  }

  private refuse(): Error {
    this.refused++;
    return this.refusal();
  }
}
