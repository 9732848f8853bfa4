import { createDatabase, EmbeddedServers, projectRoot, withClient } from '#platform';
import { join } from 'node:path';

/** The benchmarks' own PostgreSQL and NATS, under `.data/bench`, or the ones that are named: those of the shop are left alone. */
export class BenchServers {
  private readonly embedded: EmbeddedServers;

  constructor(
    readonly dataDir = join(projectRoot(), '.data/bench'),
    private readonly outside: NodeJS.ProcessEnv = process.env,
  ) {
    this.embedded = new EmbeddedServers(dataDir, (line) => process.stderr.write(`${line}\n`));
  }

  /** `NATS_URL`, else one that is started. */
  async nats(): Promise<string> {
    return this.outside['NATS_URL'] ?? this.embedded.nats();
  }

  /** URL of an empty database: what earlier runs have left in one would slow a later run down. */
  async freshDatabase(name: string): Promise<string> {
    const url = await this.database(name);
    await createDatabase(url);
    await empty(url);
    return url;
  }

  /** On the server of `DATABASE_URL`, else on one that is started. */
  private async database(name: string): Promise<string> {
    const given = this.outside['DATABASE_URL'];
    if (!given) return this.embedded.database(name);
    const url = new URL(given);
    url.pathname = `/${name}`;
    return url.href;
  }

  release(): Promise<void> {
    return this.embedded.release();
  }
}

/** A role that owns one database may not make another in its place, so all that is in it goes. */
const empty = (url: string): Promise<void> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select quote_ident(nspname) as name from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'`,
    );
    for (const { name } of rows) await client.query(`drop schema ${name} cascade`);
    await client.query('create schema public');
  });
