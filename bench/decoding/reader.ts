import type { Closing } from '#platform';
import type { EventEmitter } from 'node:events';
import pg from 'pg';

/** Who reads what was written from a slot of logical decoding, as a subscriber does. */
export interface Reader {
  /** Resolves when it has confirmed all that was written before. */
  caughtUp(): Promise<void>;
  /** It reads no more; the slot stays. */
  stop(): Promise<void>;
}

/** What pg does not declare: https://www.postgresql.org/docs/18/protocol-replication.html */
type Streaming = EventEmitter & { sendCopyFromChunk(chunk: Buffer): void };

/** Changes of all tables of the database's schema `depot`, in `pgoutput`, by a slot of this name. */
export async function startReader(
  admin: pg.Client,
  url: string,
  slot: string,
  closing: Closing,
): Promise<Reader> {
  await dropSlot(admin, slot); // of a run that broke off
  await admin.query('drop publication if exists depot');
  await admin.query('create publication depot for tables in schema depot');
  await admin.query(`select pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  closing.add(() => dropSlot(admin, slot));
  const client = new pg.Client({ connectionString: url, replication: 'database' } as pg.ClientConfig);
  await client.connect();
  client.on('error', () => undefined); // its end is a broken stream
  const stream = (client as unknown as { connection: Streaming }).connection;
  let received = 0n;
  let stopped = false;
  let failed: unknown;
  const confirm = () => stream.sendCopyFromChunk(statusOf(received));
  // A client of pg refuses data that it has not asked for; here it is taken from the stream.
  stream.removeAllListeners('copyData');
  stream.on('copyData', ({ chunk }: { chunk: Buffer }) => {
    received = positionIn(chunk) ?? received;
    if (asksForReply(chunk)) confirm();
  });
  // Its keywords are known in capitals only.
  client
    .query(`START_REPLICATION SLOT ${slot} LOGICAL 0/0 (proto_version '1', publication_names 'depot')`)
    .catch((error: unknown) => (failed = stopped ? undefined : error));
  const timer = setInterval(confirm, 100);
  const stop = async () => {
    stopped = true;
    clearInterval(timer);
    await client.end();
  };
  closing.add(stop);
  return { caughtUp: () => confirmed(admin, slot, () => failed), stop };
}

/** XLogData carries the server's position, and so does its keepalive. */
const positionIn = (chunk: Buffer): bigint | undefined =>
  chunk[0] === 0x77 ? chunk.readBigUInt64BE(9) : chunk[0] === 0x6b ? chunk.readBigUInt64BE(1) : undefined;

const asksForReply = (chunk: Buffer): boolean => chunk[0] === 0x6b && chunk[17] === 1;

/** A standby status update: all up to here is written, on disk and applied. */
function statusOf(position: bigint): Buffer {
  const status = Buffer.alloc(34);
  status[0] = 0x72;
  for (const at of [1, 9, 17]) status.writeBigUInt64BE(position, at);
  return status;
}

/** @throws what the stream has ended with. */
async function confirmed(admin: pg.Client, slot: string, failed: () => unknown): Promise<void> {
  const { rows } = await admin.query<{ here: string }>('select pg_current_wal_lsn() as here');
  for (;;) {
    const {
      rows: [at],
    } = await admin.query<{ done: boolean }>(
      'select confirmed_flush_lsn >= $2::pg_lsn as done, pg_sleep(0.01) from pg_replication_slots where slot_name = $1',
      [slot, rows[0]!.here],
    );
    if (at?.done) return;
    if (failed()) throw failed();
  }
}

async function dropSlot(admin: pg.Client, slot: string): Promise<void> {
  for (;;) {
    const {
      rows: [left],
    } = await admin.query<{ active: boolean }>(
      'select active, pg_sleep(0.01) from pg_replication_slots where slot_name = $1',
      [slot],
    );
    if (left?.active === false) await admin.query('select pg_drop_replication_slot($1)', [slot]);
    if (!left) return;
  }
}
