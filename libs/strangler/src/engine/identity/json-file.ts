import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
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
  const text = readText(path);
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

/** What {@link writeJson} has written, and then {@link appendJson}. */
export interface JsonLines {
  lines: unknown[];
  /** In UTF-16 units. */
  length: number;
  /** The last line is whole, so another one may follow. */
  whole: boolean;
}

/**
 * Undefined: there is no file. A last line that is cut off is left out: whoever wrote it died meanwhile, before he told anybody.
 * @throws when it cannot be read, or a line is no JSON.
 */
export function readJsonLines(path: string): JsonLines | undefined {
  const text = readText(path);
  if (text === undefined) return undefined;
  const lines = text.split('\n');
  const rest = lines.pop()!;
  // Without any end of a line: all of it is one, as earlier releases wrote it.
  if (lines.length === 0) lines.push(rest);
  return { lines: lines.map((line) => JSON.parse(line) as unknown), length: text.length, whole: rest === '' };
}

/** Adds a line to what is there; it is not on the disk yet. @throws when there is no file, or it cannot be written. */
export function appendJson(path: string, line: object): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_APPEND);
  try {
    writeFileSync(file, `${JSON.stringify(line)}\n`);
  } finally {
    closeSync(file);
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
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
    fill(beside, `${JSON.stringify(content)}\n`, sync);
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
