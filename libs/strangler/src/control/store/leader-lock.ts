import type { Client } from 'pg';
import type { Database } from '../../database/database.js';
import { pinged } from '../../database/silence.js';

/** A leader that cannot be heard any more is one no longer: its server ends the session after this, in ms. */
const silenceMs = 5_000;

/**
 * One leader a module among all processes: a session lock on a connection of its own. A leader that has lost it without
 * knowing does no harm: everything it does is a compare-and-set on the epoch or the row's version.
 *
 * @internal
 */
export class LeaderLock {
  private session: Promise<Client> | undefined;
  /** By module, the number of the term: how often this process has begun to lead anything. */
  private readonly held = new Map<string, number>();
  private terms = 0;
  /** The modules' loops ask one after the other: a connection carries one question at a time. */
  private asked: Promise<unknown> = Promise.resolve();

  /** `lock`: SQL of the first half of its locks, by what is led; the second half is the module's. */
  constructor(
    private readonly database: Database,
    private readonly lock = 'strangler.controller_lock()',
  ) {}

  /** Whether this process leads the module; tries to, if nobody does. */
  async leads(module: string): Promise<boolean> {
    const session = await this.connected();
    if (!session) return false;
    if (!this.held.has(module) && (await this.tryLock(session, module))) this.held.set(module, ++this.terms);
    return this.held.has(module);
  }

  /** The modules that this process leads. */
  get led(): string[] {
    return [...this.held.keys()];
  }

  /** The term in which this process leads the module; undefined: it does not. A new one means that others may have led. */
  termOf(module: string): number | undefined {
    return this.held.get(module);
  }

  /** Lets another process lead. */
  async close(): Promise<void> {
    const session = await this.session?.catch(() => undefined);
    this.session = undefined;
    this.held.clear();
    await session?.end();
  }

  private async connected(): Promise<Client | undefined> {
    this.session ??= this.connect();
    try {
      return await this.session;
    } catch {
      this.session = undefined;
      return undefined;
    }
  }

  private async connect(): Promise<Client> {
    const session = pinged(await this.database.session());
    await session.query(`set idle_session_timeout = ${silenceMs}`);
    session.once('end', () => this.lost());
    return session;
  }

  private lost(): void {
    this.session = undefined;
    this.held.clear();
  }

  private async tryLock(session: Client, module: string): Promise<boolean> {
    const asked = this.asked.then(() =>
      session.query<{ held: boolean }>(`select pg_try_advisory_lock(${this.lock}, hashtext($1)) as held`, [
        module,
      ]),
    );
    this.asked = asked.catch(() => undefined);
    return (await asked).rows[0]?.held ?? false;
  }
}
