import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Names the files that this process is still writing; processes in containers that share a volume may have the same pid. */
const self = randomUUID();

/** Undefined: there is none. @throws when it cannot be read, or is no JSON. */
export function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/**
 * Written beside it, and put in its place: whoever dies meanwhile leaves the former content or this one. `sync`: it is on the disk when
 * this returns. @throws when it cannot be written; the former content stays.
 */
export function writeJson(path: string, content: object, { sync = false } = {}): void {
  const beside = `${path}.${self}`;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    fill(beside, JSON.stringify(content), sync);
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
  if (sync) syncFolder(dirname(path));
}

function fill(path: string, text: string, sync: boolean): void {
  const file = openSync(path, 'w', 0o600);
  try {
    writeFileSync(file, text);
    if (sync) fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
