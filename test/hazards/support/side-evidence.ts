import pg from 'pg';
import { until } from '../../support/until.js';
import type { Event, History } from './history.js';

/** What a database itself has seen an application write: which key, in which role of its side. */
export interface WriteSeen {
  side: 'monolith' | 'extracted';
  module: string;
  key: string;
  epoch: number;
  /** ms since 1970, by the one clock of all servers here. */
  at: number;
}

const watched = [
  ['users', 'account', 'id'],
  ['inventory', 'stock_item', 'sku'],
  ['payments', 'payment', 'order_id'],
  ['orders', 'orders', 'id'],
] as const;

/** Rows of the other side are stored in replica role, where ordinary triggers do not run: what these note was written by a command. */
const installation = (modules: readonly string[]): string => `
  create schema evidence;
  create table evidence.write (side text, module text, key text, epoch bigint, at timestamptz default clock_timestamp());
  create function evidence.note() returns trigger language plpgsql as $$ begin
    insert into evidence.write (side, module, key, epoch)
      select side, module, (case tg_op when 'DELETE' then to_jsonb(old) else to_jsonb(new) end) ->> tg_argv[1], epoch
      from strangler.ownership where module = tg_argv[0];
    return null;
  end $$;
  create function evidence.tell() returns trigger language plpgsql as $$ begin
    perform pg_notify('degraded', json_build_object('module', new.module, 'is', new.degraded_since is not null)::text);
    return null;
  end $$;
  create trigger evidence after insert or update of degraded_since on strangler.relay for each row execute function evidence.tell();
  ${watched
    .filter(([module]) => modules.includes(module))
    .map(
      ([module, table, key]) =>
        `create trigger evidence after insert or update or delete on ${module}.${table}
           for each row execute function evidence.note('${module}', '${key}');`,
    )
    .join('\n')}`;

/** Watches a database of one side: what commands write there, and when answers go without the other side. */
export class SideEvidence {
  /** By module: since when, and until when, by `performance.now()`. */
  readonly degraded: { module: string; from: number; to: number }[] = [];
  private stopping = false;
  private client: pg.Client | undefined;

  private constructor(private url: string) {}

  static async of(url: string, modules: readonly string[]): Promise<SideEvidence> {
    const evidence = new SideEvidence(url);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(installation(modules));
    await client.end();
    await evidence.listen();
    return evidence;
  }

  /** The database is elsewhere from now on. */
  async move(url: string): Promise<void> {
    this.url = url;
    const former = this.client;
    await former?.end().catch(() => undefined);
    await until('the new server tells', () => (this.client !== former ? true : undefined));
  }

  /** All that is there now. */
  async writes(): Promise<WriteSeen[]> {
    const client = new pg.Client({ connectionString: this.url });
    await client.connect();
    try {
      const { rows } = await client.query<WriteSeen>(
        `select side, module, key, epoch::float8 as epoch, extract(epoch from at)::float8 * 1000 as at from evidence.write`,
      );
      return rows;
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.client?.end().catch(() => undefined);
  }

  private async listen(): Promise<void> {
    const client = new pg.Client({ connectionString: this.url });
    client.on('error', () => undefined);
    await client.connect();
    client.on('notification', ({ payload = '' }) => {
      const { module, is } = JSON.parse(payload) as { module: string; is: boolean };
      this.note(module, is);
    });
    client.once('end', () => {
      if (!this.stopping) void this.again();
    });
    await client.query('listen degraded');
    const { rows } = await client.query<{ module: string; is: boolean }>(
      'select module, degraded_since is not null as is from strangler.relay',
    );
    for (const { module, is } of rows) this.note(module, is);
    this.client = client;
  }

  private again(): Promise<unknown> {
    return until('it answers again', () =>
      this.stopping
        ? true
        : this.listen().then(
            () => true,
            () => undefined,
          ),
    );
  }

  private note(module: string, is: boolean): void {
    const open = this.degraded.find((each) => each.module === module && each.to === Infinity);
    if (is && !open) this.degraded.push({ module, from: performance.now(), to: Infinity });
    if (!is && open) open.to = performance.now();
  }
}

/** Whether a request was answered while answers went without the other side. */
export const isAlone = (
  evidence: readonly Pick<SideEvidence, 'degraded'>[],
  { start }: History,
  { began, ended }: Event,
): boolean =>
  evidence
    .flatMap(({ degraded }) => degraded)
    .some(({ from, to }) => from <= start + ended && start + began <= to);

/**
 * Writes of a side that did not own the key any more, or not yet: of one key, epochs never fall, and at one epoch the writer changes
 * once at most, for a writer inside may still see the fence.
 */
export function writesOfNoOwner(writes: readonly WriteSeen[]): string[] {
  const last = new Map<string, WriteSeen & { changed: boolean }>();
  return [...writes]
    .sort((a, b) => a.at - b.at)
    .flatMap((write) => {
      const id = `${write.module} ${write.key}`;
      const former = last.get(id);
      const same = former?.epoch === write.epoch;
      const changes = former !== undefined && former.side !== write.side;
      last.set(id, { ...write, changed: (same && former.changed) || (same && changes) });
      if (!changes || write.epoch > former.epoch || (same && !former.changed)) return [];
      return [
        `${id}: ${write.side} wrote at epoch ${write.epoch}, after ${former.side} had at epoch ${former.epoch}`,
      ];
    });
}
