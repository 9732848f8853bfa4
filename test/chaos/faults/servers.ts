import type { OwnPostgres } from '../../support/own-postgres.js';
import type { TestNats } from '../../support/nats.js';
import type { Store } from '../chaos-shop.js';
import type { Ballast } from '../disks.js';
import type { Failing } from './fault.js';

/** All of its processes get no time, and no connection ends. */
export class ServerStopped implements Failing {
  constructor(private readonly server: Pick<OwnPostgres, 'signal'> | Pick<TestNats, 'signal'>) {}

  async begin(): Promise<void> {
    await this.server.signal('SIGSTOP');
  }

  async end(): Promise<void> {
    await this.server.signal('SIGCONT');
  }
}

/** It is killed, and starts with an empty store. */
export class NatsWiped implements Failing {
  constructor(
    private readonly nats: TestNats,
    private readonly store: Store,
  ) {}

  async begin(): Promise<void> {
    await this.nats.kill();
    await this.store.wipe();
  }

  end(): Promise<void> {
    return this.nats.restart(...this.store.words);
  }
}

/** `kill -9` of its first process; then it starts, and recovers. */
export class DatabaseKilled implements Failing {
  constructor(private readonly server: OwnPostgres) {}

  begin(): Promise<void> {
    return this.server.end('kill');
  }

  end(): Promise<void> {
    return this.server.restart();
  }
}

/** Something else fills the disk; then it goes. A server that could not write its log has ended. */
export class DiskFull implements Failing {
  constructor(
    private readonly server: OwnPostgres,
    private readonly ballast: Ballast,
  ) {}

  begin(): Promise<void> {
    return this.ballast.put();
  }

  async end(): Promise<void> {
    await this.ballast.takeAway();
    await this.server.comeBack();
  }
}
