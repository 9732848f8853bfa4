import type { Duplex } from 'node:stream';
import type { DataSource, EntityManager } from 'typeorm';
import { withinContext } from './context.js';

/** It has ended after so many ms: `strangler.begin_rehearsal` says the same to the server. */
const longestMs = 200;

/** As much of pg's connection as is needed here. */
interface RawConnection {
  readonly stream: Duplex;
  prependListener(event: 'readyForQuery', listener: (message: { status?: string }) => void): unknown;
  off(event: 'readyForQuery', listener: (message: { status?: string }) => void): unknown;
}

/** What was to be rolled back was ended before its time. */
export class BrokenOffError extends Error {}

/**
 * Runs `work` in one transaction that never commits, whatever `work` does, and that ends after {@link longestMs}. All that `work` does is in
 * it, as in `inTransaction`. No hand-off waits for it. @throws what `work` throws, or {@link BrokenOffError}
 */
export async function rolledBack<T>(
  dataSource: DataSource,
  module: string,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  const runner = dataSource.createQueryRunner();
  const { connection } = (await runner.connect()) as { connection: RawConnection };
  const watch = new Watch(connection);
  try {
    await runner.startTransaction();
    watch.begin();
    await runner.query('select strangler.begin_rehearsal($1)', [module]);
    const { manager } = runner;
    return await watch.over(
      withinContext({ transaction: { manager, module, told: [] } }, () => work(manager)),
    );
  } finally {
    watch.end();
    await runner.rollbackTransaction().catch(() => closed(connection));
    await runner.release();
  }
}

/** Closes a connection that the server may have ended: the pool gives none to a caller that is known to be closed. */
async function closed({ stream }: RawConnection): Promise<void> {
  if (stream.closed) return;
  const close = new Promise((resolve) => stream.once('close', resolve));
  stream.destroy();
  await close;
}

/** Closes the connection when its transaction takes too long or has ended: what is said there after that would be stored. */
class Watch {
  private timer: NodeJS.Timeout | undefined;
  private brokenOff: BrokenOffError | undefined;
  private tell: (error: BrokenOffError) => void = () => undefined;

  constructor(private readonly connection: RawConnection) {}

  begin(): void {
    this.timer = setTimeout(() => this.breakOff('it takes too long'), longestMs);
    this.connection.prependListener('readyForQuery', this.look);
  }

  end(): void {
    clearTimeout(this.timer);
    this.connection.off('readyForQuery', this.look);
  }

  /** Some work never ends: nobody waits for that. */
  async over<T>(work: Promise<T>): Promise<T> {
    const broken = new Promise<never>((_resolve, reject) => (this.tell = reject));
    const done = await Promise.race([work, broken]);
    if (this.brokenOff) throw this.brokenOff;
    return done;
  }

  private readonly look = ({ status }: { status?: string }): void => {
    if (status === 'I') this.breakOff('it ends its transaction by itself');
  };

  private breakOff(why: string): void {
    this.brokenOff ??= new BrokenOffError(why);
    this.connection.stream.destroy();
    this.tell(this.brokenOff);
  }
}
