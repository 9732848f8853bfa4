import { connect } from '@nats-io/transport-node';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning } from '../processes.js';
import type { NatsAccess } from './config.js';

const TIMEOUT_MS = 2_000;

/** Waits until the server lets us in; false once its process has ended. */
export async function untilNatsAnswers(
  access: NatsAccess,
  pid: number,
  signal: AbortSignal,
): Promise<boolean> {
  while (isRunning(pid)) {
    if (await answers(access)) return true;
    await sleep(15, undefined, { signal });
  }
  return false;
}

async function answers({ port, user, password }: NatsAccess): Promise<boolean> {
  try {
    const connection = await connect({
      servers: `127.0.0.1:${port}`,
      user,
      pass: password,
      timeout: TIMEOUT_MS,
      reconnect: false,
    });
    await connection.close();
    return true;
  } catch {
    return false;
  }
}
