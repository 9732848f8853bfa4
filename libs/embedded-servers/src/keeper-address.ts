import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join, relative } from 'node:path';
import { EmbeddedError, codeOf } from './embedded-error.js';

/** The folder in the data folder that holds the keeper's socket, and nothing else. */
export const ADDRESS_FOLDER = 'keeper';

/** A socket's name is this many random bytes in hexadecimal. */
export const NAME_BYTES = 4;

const LONGEST_SOCKET_PATH = process.platform === 'darwin' ? 103 : 107;

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
  const absolute = join(folder, ADDRESS_FOLDER, name);
  const fromHere = relative(process.cwd(), absolute);
  return fromHere.length < absolute.length ? fromHere : absolute;
}

/** The sockets in the address folder: one, or for a moment none. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(join(folder, ADDRESS_FOLDER));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/**
 * Connects, or returns nothing if nobody listens: then the process is dead. Any other failure (a full queue, a
 * folder that we may not enter) says nothing about that and is thrown.
 */
export async function tryConnect(path: string): Promise<Socket | undefined> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return socket;
  } catch (error) {
    if (['ECONNREFUSED', 'ENOENT'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}
