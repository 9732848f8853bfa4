import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SampleError } from '../sample-error.js';

/** The JSON kept in a file, or nothing if there is no such file. @throws {SampleError} when it cannot be read. */
export async function readKept<T extends Record<string, string>>(
  path: string,
  fields: readonly (keyof T & string)[],
): Promise<T | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new SampleError(`cannot read ${path}: ${(error as Error).message}`);
  });
  return text === undefined ? undefined : parsed<T>(path, text, fields);
}

/**
 * What is kept in the file; `make` makes it the first time. Of several processes that start at once the first one's
 * stays, and a crash leaves either all of it or none. Only its owner may read it.
 */
export async function keepOnce<T extends Record<string, string>>(
  path: string,
  fields: readonly (keyof T & string)[],
  make: () => Promise<T>,
): Promise<T> {
  const kept = await readKept<T>(path, fields);
  if (kept) return kept;
  await mkdir(dirname(path), { recursive: true });
  await writeOnce(path, `${JSON.stringify(await make(), null, 2)}\n`);
  return (await readKept<T>(path, fields)) as T;
}

async function writeOnce(path: string, text: string): Promise<void> {
  const fresh = `${path}.new.${randomBytes(4).toString('hex')}`;
  try {
    await writeDurably(fresh, text);
    // Not a rename: that would replace what another process has written in the meantime, and perhaps already used.
    await link(fresh, path);
    await syncFolder(dirname(path));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST')
      throw new SampleError(`cannot write ${path}: ${(error as Error).message}`);
  } finally {
    await rm(fresh, { force: true });
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  await file
    .writeFile(text)
    .then(() => file.sync())
    .finally(() => file.close());
}

/** Without it the file's name may be gone after a power cut, while the database has kept the accounts. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

function parsed<T extends Record<string, string>>(path: string, text: string, fields: readonly string[]): T {
  try {
    const value = JSON.parse(text) as Record<string, unknown>;
    if (fields.every((field) => typeof value[field] === 'string' && value[field] !== '')) return value as T;
  } catch {
    // Not JSON: the same sentence says so.
  }
  throw new SampleError(`${path} is damaged: it should hold ${fields.join(' and ')}`);
}

const codeOf = (error: unknown): unknown => (error as NodeJS.ErrnoException).code;
