import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Database } from '../../database/database.js';
import type { FileReading } from '../config/wishes-file.js';

const beatMs = 2_000;
/** Who has not been seen for so long is not there, in ms; and, in seconds, is forgotten. */
const absentMs = 10_000;
const forgottenS = 3_600;

/** A process that can steer, as it says itself. */
export interface ProcessView {
  id: string;
  host: string;
  pid: number;
  version: string;
  /** The file that it reads. */
  file: string;
  /** Null: there is no file. */
  hash: string | null;
  problem: string | null;
  /** How long ago it read this text, in ms, by the database's clock. */
  readMs: number;
  leads: string[];
}

export interface ProcessFacts {
  version: string;
  reading: () => FileReading;
  leads: () => string[];
}

/** The processes that can steer: each writes down every two seconds what it is and reads, and so knows the others. */
export class Processes {
  readonly id = randomUUID();
  /** Those that are there, as seen at the last beat. */
  live: readonly ProcessView[] = [];
  private timer: NodeJS.Timeout | undefined;
  private beating: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly options: ProcessFacts,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.beat(), beatMs).unref();
    void this.beat();
  }

  /** Tells the others now. */
  beat(): Promise<void> {
    // A database that is away is the loops' affair; the next beat comes by itself.
    return (this.beating = this.beating.then(() => this.write()).catch(() => undefined));
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.beating;
    await this.database
      .query('delete from strangler.process where id = $1', [this.id])
      .catch(() => undefined);
  }

  private async write(): Promise<void> {
    const { version, reading, leads } = this.options;
    const { path, hash, problem, readAt } = reading();
    const age = (performance.now() - readAt) / 1_000;
    await this.database.query(
      `insert into strangler.process (id, host, pid, version, file, file_hash, problem, read_at, leads, seen_at)
       values ($1, $2, $3, $4, $5, $6, $7, clock_timestamp() - make_interval(secs => $8), $9, clock_timestamp())
       on conflict (id) do update set file_hash = excluded.file_hash, problem = excluded.problem,
         read_at = excluded.read_at, leads = excluded.leads, seen_at = excluded.seen_at`,
      [this.id, hostname(), process.pid, version, path, hash, problem, age, leads()],
    );
    await this.database.query(
      'delete from strangler.process where seen_at < clock_timestamp() - make_interval(secs => $1)',
      [forgottenS],
    );
    this.live = await this.database.query<ProcessView>(
      `select id, host, pid, version, file, file_hash as hash, problem, leads,
         (extract(epoch from clock_timestamp() - read_at) * 1000)::float8 as "readMs"
       from strangler.process
       where seen_at > clock_timestamp() - make_interval(secs => $1::float8 / 1000) order by seen_at desc, id`,
      [absentMs],
    );
  }
}
