import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedError, codeOf } from './embedded-error.js';
import { unusable } from './data-folder.js';
import { dialKeeper } from './keeper-address.js';
import { startKeeper, type StartedKeeper } from './start-keeper.js';
import { ofAnotherRelease, onMessages, protocol, type Reply } from './wire.js';

// A keeper that is closing may wait half a minute for PostgreSQL's last checkpoint.
const PATIENCE_MS = 60_000;
const WELCOME_MS = 5_000;
const RETRY_MS = 20;
const MAX_FAILED_STARTS = 3;

type Knock = { socket: Socket } | 'nobody there' | 'not now';

/**
 * Connects to the keeper of the data folder and starts one if there is none. A connection counts once the
 * keeper has said welcome: one that is closing hangs up instead, and we come again until it has gone.
 *
 * @throws EmbeddedError when no keeper can be started or reached, or it is another release's.
 */
export async function findKeeper(folder: string, hear: (reply: Reply) => void): Promise<Socket> {
  const deadline = performance.now() + PATIENCE_MS;
  let failedStarts = 0;
  let started: StartedKeeper | undefined;
  while (performance.now() < deadline) {
    const knock = await knockAt(folder, hear);
    if (typeof knock === 'object') return knock.socket;
    if (started?.hasFailed()) {
      if (++failedStarts === MAX_FAILED_STARTS) throw new EmbeddedError(started.complaint());
      started = undefined;
    }
    // One that ended well has lost against another's; if that one has died since, it is our turn again.
    if (knock === 'nobody there' && !started?.isRunning()) started = startKeeper(folder);
    await sleep(RETRY_MS);
  }
  throw new EmbeddedError(
    `the keeper of the embedded servers does not answer: see ${join(folder, 'keeper.log')}`,
  );
}

async function knockAt(folder: string, hear: (reply: Reply) => void): Promise<Knock> {
  const socket = await dial(folder);
  if (typeof socket === 'string') return socket;
  let spoken: number | undefined;
  const welcomed = new Promise<void>((resolve) => {
    onMessages<Reply>(socket, (reply) => {
      if (!('welcome' in reply)) return hear(reply);
      spoken = reply.protocol;
      resolve();
    });
  });
  const hungUp = once(socket, 'close').catch(() => undefined);
  const timer = new AbortController();
  const tooLate = sleep(WELCOME_MS, undefined, { signal: timer.signal }).catch(() => undefined);
  const answered = await Promise.race([
    welcomed.then(() => true),
    hungUp.then(() => false),
    tooLate.then(() => false),
  ]);
  timer.abort();
  if (!answered || spoken !== protocol) socket.destroy();
  if (answered && spoken !== protocol) throw new EmbeddedError(ofAnotherRelease(folder));
  return answered ? { socket } : 'not now';
}

async function dial(folder: string): Promise<Socket | Exclude<Knock, object>> {
  if (!existsSync(folder)) throw unusable(folder, new Error('it has been removed'));
  try {
    const socket = await dialKeeper(folder);
    socket?.on('error', () => undefined); // 'close' follows and is enough
    return socket ?? 'nobody there';
  } catch (error) {
    if (codeOf(error) === 'EAGAIN') return 'not now'; // its queue is full
    throw unusable(folder, error);
  }
}
