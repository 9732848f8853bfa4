import { once } from 'node:events';
import { createServer } from 'node:net';

/** Ports that no kernel gives to who asks for any (Linux: from 32768 on, others: from 49152 on): a connection, or another server. */
const first = 10_000;
const ports = 22_000;
/** Of each worker of a run of tests; and two runs at once begin at different places. */
const ofWorker = 2_000;
let next = Number(process.env.JEST_WORKER_ID ?? 0) * ofWorker + (process.pid % ofWorker);

/**
 * A port of this machine that nobody uses, and that nobody else is given: also not while its server starts, or is away and
 * comes back.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + (next++ % ports);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, '127.0.0.1');
  try {
    await once(probe, 'listening');
  } catch {
    return false;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}
