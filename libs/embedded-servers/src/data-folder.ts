import { constants } from 'node:fs';
import { access, mkdir, open, readdir, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EmbeddedError, reasonOf } from './embedded-error.js';

/**
 * Creates the data folder where needed and returns its real path: two processes that name it
 * differently (a symbolic link, a relative path) must come to the same servers.
 *
 * @throws EmbeddedError when it cannot be read and written; nothing has been started then.
 */
export async function openDataFolder(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true });
    const folder = await realpath(path);
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return folder;
  } catch (error) {
    throw unusable(path, error);
  }
}

/** The one sentence for a data folder that cannot be used. */
export function unusable(path: string, error: unknown): EmbeddedError {
  const place = (error as NodeJS.ErrnoException).path;
  const inIt = place && place !== path ? ` (${place})` : '';
  return new EmbeddedError(`cannot use the data folder ${path}: ${reasonOf(error)}${inIt}`);
}

/** Renames `from` to `to` so that it stays renamed after a power cut: else all that is below `to` could be lost. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  const parent = await open(dirname(to), 'r');
  await parent.sync().finally(() => parent.close());
}

/**
 * Deletes what crashed attempts to make `path` left beside it (`<path>.new.<anything>`). A process that
 * outlived its keeper may still write there; then it stays until the next time, because it is in nobody's way.
 */
export async function removeUnfinished(path: string): Promise<void> {
  const folder = dirname(path);
  const unfinished = (await readdir(folder)).filter((name) => name.startsWith(`${basename(path)}.new.`));
  await Promise.all(
    unfinished.map((name) => rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined)),
  );
}
