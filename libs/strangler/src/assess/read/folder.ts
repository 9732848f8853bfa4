import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import type { LeftOut } from '../assessment.js';

/** A file's text; the path is below the folder, with `/`. */
export interface SourceText {
  path: string;
  text: string;
}

export interface Folder {
  texts: SourceText[];
  leftOut: LeftOut[];
}

/** Bytes; whoever writes by hand stays below. */
const largest = 1_000_000;
const mostFiles = 20_000;

const source = /\.[cm]?[jt]sx?$/;
const settings = /^(package|tsconfig[\w.-]*|jsconfig)\.json$/;
/** Not the application's own code, or no code that runs in it. */
const foreign = new Set(['node_modules', 'dist', 'build', 'out', 'coverage', 'bower_components']);
const tests = /\.(spec|test|e2e-spec|stories)\.[cm]?[jt]sx?$/;
const testFolders = new Set(['test', 'tests', '__tests__', '__mocks__', 'e2e', 'fixtures']);

/** Reads the sources of a folder, and nothing but reads. What cannot be read is left out, and said. */
export function readFolder(folder: string): Folder {
  const found: Folder = { texts: [], leftOut: [] };
  const kinds = new Map<string, number>();
  const count = (why: string) => kinds.set(why, (kinds.get(why) ?? 0) + 1);
  const left = [''];
  for (let below = left.pop(); below !== undefined; below = left.pop()) {
    for (const entry of entriesOf(folder, below, found.leftOut)) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) {
        if (entry.name.startsWith('.') || foreign.has(entry.name)) continue;
        if (testFolders.has(entry.name)) count('folders of tests');
        else if (entry.name === 'migrations') count('folders of migrations, which are the past of tables');
        else left.push(path);
      } else if (entry.isFile() && (source.test(entry.name) || settings.test(entry.name))) {
        if (entry.name.endsWith('.d.ts')) continue;
        if (tests.test(entry.name)) count('files of tests');
        else if (found.texts.length >= mostFiles) count(`files beyond the first ${mostFiles}`);
        else readInto(found, folder, path);
      }
    }
  }
  for (const [why, files] of kinds) found.leftOut.push({ file: '.', line: null, why: `${files} ${why}` });
  found.texts.sort((a, b) => (a.path < b.path ? -1 : 1));
  return found;
}

function entriesOf(folder: string, below: string, leftOut: LeftOut[]): Dirent[] {
  try {
    return readdirSync(join(folder, below), { withFileTypes: true });
  } catch (error) {
    leftOut.push({ file: below || '.', line: null, why: `cannot be read: ${(error as Error).message}` });
    return [];
  }
}

function readInto({ texts, leftOut }: Folder, folder: string, path: string): void {
  const leave = (why: string) => leftOut.push({ file: path, line: null, why });
  try {
    const file = join(folder, path);
    const { size } = statSync(file);
    if (size > largest) leave(`${Math.round(size / 1_000)} kB: generated, it seems`);
    else if (isBinary(file)) leave('no text');
    else texts.push({ path, text: readFileSync(file, 'utf8') });
  } catch (error) {
    leave(`cannot be read: ${(error as Error).message}`);
  }
}

function isBinary(file: string): boolean {
  const start = Buffer.alloc(512);
  const handle = openSync(file, 'r');
  try {
    return start.subarray(0, readSync(handle, start)).includes(0);
  } finally {
    closeSync(handle);
  }
}
