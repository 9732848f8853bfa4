import { randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { removeUnfinished, renameDurably } from './data-folder.js';
import type { Owner } from './run-as.js';
import { EmbeddedError, codeOf, reasonOf } from './embedded-error.js';

/** The secret kept in a file, or nothing if there is no such file. */
export async function readSecret(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new EmbeddedError(`cannot read ${path}: ${reasonOf(error)}`);
  }
}

/** Makes a random secret (letters and digits, so that it may stand in a URL) and keeps it in a file. */
export async function createSecret(path: string): Promise<string> {
  const secret = randomBytes(24).toString('hex');
  await writePrivately(path, `${secret}\n`);
  return secret;
}

/** Writes a file that only its owner (by default we) may read; it is there whole or not at all, also after a crash. */
export async function writePrivately(path: string, text: string, owner?: Owner): Promise<void> {
  await removeUnfinished(path);
  const fresh = `${path}.new.${randomBytes(4).toString('hex')}`;
  const file = await open(fresh, 'wx', 0o600);
  try {
    await file.writeFile(text);
    if (owner) await file.chown(owner.uid, owner.gid);
    await file.sync();
  } finally {
    await file.close();
  }
  await renameDurably(fresh, path);
}
