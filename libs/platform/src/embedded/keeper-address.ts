import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir, unlink } from 'node:fs/promises';
import { connect, type Server, type Socket } from 'node:net';
import { join, relative } from 'node:path';
import { removeUnfinished } from './data-folder.js';
import { EmbeddedError, codeOf } from './embedded-error.js';

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
const FOLDER = 'keeper';
const NAME_BYTES = 4;
const LONGEST_SOCKET_PATH = process.platform === 'darwin' ? 103 : 107;

/** A name for a keeper's socket, never used before. */
export function newAddress(): string {
  return randomBytes(NAME_BYTES).toString('hex');
}

/**
 * Makes the listening server the one keeper of the data folder, which must be the working folder; false if another
 * keeper lives. Visitors may come before this resolves.
 */
export async function claimAddress(server: Server, name: string): Promise<boolean> {
  const waiting = `${FOLDER}.new.${name}`;
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
  await removeUnfinished(FOLDER);
  return true;
}

async function replacesEmpty(waiting: string): Promise<boolean> {
  try {
    await rename(waiting, FOLDER);
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes(codeOf(error) ?? '')) return false;
    throw error;
  }
}

/** True if a keeper holds the folder; the names of dead ones are deleted on the way. */
async function someoneAnswers(): Promise<boolean> {
  for (const name of await namesIn('.')) {
    const path = join(FOLDER, name);
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
  if (existsSync(join(folder, FOLDER, name))) return;
  throw new EmbeddedError(
    `the data folder ${folder} was removed while its servers ran: restart this process`,
  );
}

/** Gives the address back; call it when the servers have stopped. */
export async function releaseAddress(name: string): Promise<void> {
  await unlink(join(FOLDER, name)).catch(() => undefined);
  await rmdir(FOLDER).catch(() => undefined);
}

/** Connects to the keeper of a data folder, or returns nothing if none lives. */
export async function dialKeeper(folder: string): Promise<Socket | undefined> {
  for (const name of await namesIn(folder)) {
    const socket = await tryConnect(socketPath(folder, name));
    if (socket) return socket;
  }
  return undefined;
}

/** Throws an EmbeddedError if no socket can be reached below the data folder, because its path is too long. */
export function checkPathLength(folder: string): void {
  const path = socketPath(folder, '0'.repeat(2 * NAME_BYTES));
  const excess = Buffer.byteLength(path) - LONGEST_SOCKET_PATH;
  if (excess <= 0) return;
  throw new EmbeddedError(
    `the path of the data folder ${folder} is too long for a socket by ${excess} bytes: ` +
      'move the project to a shorter path, or start from a folder nearer to it',
  );
}

function socketPath(folder: string, name: string): string {
  const absolute = join(folder, FOLDER, name);
  const fromHere = relative(process.cwd(), absolute);
  return fromHere.length < absolute.length ? fromHere : absolute;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(join(folder, FOLDER));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** ECONNREFUSED: nobody listens, its process is dead. Any other failure says nothing about that, so it is thrown. */
async function tryConnect(path: string): Promise<Socket | undefined> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return socket;
  } catch (error) {
    if (['ECONNREFUSED', 'ENOENT'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}
