import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, rmdir, unlink } from 'node:fs/promises';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { removeUnfinished } from './data-folder.js';
import { EmbeddedError, codeOf } from './embedded-error.js';
import { ADDRESS_FOLDER, NAME_BYTES, namesIn, tryConnect } from './keeper-address.js';

// One keeper for each data folder. Its address is the only entry of `<dataDir>/keeper/`, a socket with a
// random name. Two facts of POSIX make the claim safe without lock files or process ids:
//   - rename() of a folder replaces an *empty* folder and fails on a full one, in one step;
//   - a dead socket has a name of its own, so that deleting it can never hit a living one.
//
// Interleavings thought through (A and B start at once; S is the socket of a killed keeper):
//   - nobody there:    both rename; one replaces nothing or an empty folder, the other gets ENOTEMPTY, finds
//                      the winner answering, and gives up.
//   - S is there:      both see it refuse; both delete S by name (the second deletes nothing); go on as above.
//   - A is slow:       A saw S refuse, then B took over. A deletes S (nothing), its rename fails, B answers.
//   - clean exit:      the keeper deletes its own name only when its servers have stopped; a rename that comes
//                      between that and the rmdir replaces the empty folder, and the rmdir fails on a full one.

/** A name for a keeper's socket, never used before. */
export function newAddress(): string {
  return randomBytes(NAME_BYTES).toString('hex');
}

/**
 * Makes the listening server the one keeper of the data folder, which must be the working folder; false if another
 * keeper lives. Visitors may come before this resolves.
 */
export async function claimAddress(server: Server, name: string): Promise<boolean> {
  const waiting = `${ADDRESS_FOLDER}.new.${name}`;
  await mkdir(waiting, { mode: 0o700 }); // the folder keeps other users out; the socket's own mode is not portable
  try {
    await once(server.listen(join(waiting, name)), 'listening'); // before it can be found: nobody is refused
    while (!(await replacesEmpty(waiting))) if (await someoneAnswers()) return false;
  } catch (error) {
    if (!existsSync(waiting)) return false; // a winner has tidied it away, below
    throw error;
  } finally {
    await rm(waiting, { recursive: true, force: true });
  }
  await removeUnfinished(ADDRESS_FOLDER);
  return true;
}

async function replacesEmpty(waiting: string): Promise<boolean> {
  try {
    await rename(waiting, ADDRESS_FOLDER);
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes(codeOf(error) ?? '')) return false;
    throw error;
  }
}

/** True if a keeper holds the folder; the names of dead ones are deleted on the way. */
async function someoneAnswers(): Promise<boolean> {
  for (const name of await namesIn('.')) {
    const path = join(ADDRESS_FOLDER, name);
    if (await isAnswered(path)) return true;
    await unlink(path).catch(() => undefined);
  }
  return false;
}

async function isAnswered(path: string): Promise<boolean> {
  try {
    const socket = await tryConnect(path);
    socket?.destroy();
    return socket !== undefined;
  } catch {
    return true; // not proven dead (its queue may be full), so it keeps its place
  }
}

/** Throws an EmbeddedError if the address is no longer ours, because somebody deleted or moved the data folder. */
export function checkAddress(folder: string, name: string): void {
  if (existsSync(join(folder, ADDRESS_FOLDER, name))) return;
  throw new EmbeddedError(
    `the data folder ${folder} was removed while its servers ran: restart this process`,
  );
}

/** Gives the address back; call it when the servers have stopped. */
export async function releaseAddress(name: string): Promise<void> {
  await unlink(join(ADDRESS_FOLDER, name)).catch(() => undefined);
  await rmdir(ADDRESS_FOLDER).catch(() => undefined);
}
