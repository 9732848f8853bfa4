import { createDatabase, EmbeddedServers, projectRoot } from '#platform';
import { join } from 'node:path';
import pg from 'pg';

/** The benchmarks' own PostgreSQL and NATS, under `.data/bench`, or the ones that are named: those of the shop are left alone. */
export class BenchServers {
  readonly dataDir = join(projectRoot(), '.data/bench');
  private readonly embedded = new EmbeddedServers(this.dataDir, (line) => process.stderr.write(`${line}\n`));

  /** `NATS_URL`, else one that is started. */
  async nats(): Promise<string> {
    return process.env['NATS_URL'] ?? this.embedded.nats();
  }

  /** URL of an empty database: what earlier runs have left in one would slow a later run down. */
  async freshDatabase(name: string): Promise<string> {
    const url = await this.database(name);
    await drop(name, await this.database('postgres'));
    await createDatabase(url);
    return url;
  }

  /** On the server of `DATABASE_URL`, else on one that is started. */
  private async database(name: string): Promise<string> {
    const given = process.env['DATABASE_URL'];
    if (!given) return this.embedded.database(name);
    const url = new URL(given);
    url.pathname = `/${name}`;
    return url.href;
  }

  release(): Promise<void> {
    return this.embedded.release();
  }
}

async function drop(name: string, maintenanceUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: maintenanceUrl });
  await client.connect();
  try {
    await client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
  } finally {
    await client.end();
  }
}
