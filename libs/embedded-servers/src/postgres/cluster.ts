import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { renameDurably, unusable } from '../data-folder.js';
import { EmbeddedError, codeOf, reasonOf } from '../embedded-error.js';
import { serverEnvironment } from '../plain-environment.js';
import { lacksLibraries, librariesMissing } from './binaries.js';
import type { RunAs } from '../run-as.js';

// The built-in locale sorts by code point, as fast as "C" and the same on each machine, and still knows
// upper and lower case of all letters.
const INITDB_OPTIONS = [
  '--username=postgres',
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
];

/** True if the folder holds a database cluster. */
export async function clusterExists(data: string): Promise<boolean> {
  try {
    await access(join(data, 'PG_VERSION'));
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw unusable(data, error); // it may be another user's: by no means to be taken for missing
  }
}

/** What is needed to make a cluster. */
export interface NewCluster {
  data: string;
  initdb: string;
  runAs: RunAs;
  passwordFile: string;
  signal: AbortSignal;
}

/**
 * Makes a cluster beside its place and moves it there when it is complete and on disk: a crash on the way leaves
 * nothing that looks like data. Each attempt has its own name, because a killed keeper's initdb goes on writing.
 */
export async function createCluster({
  data,
  initdb,
  runAs,
  passwordFile,
  signal,
}: NewCluster): Promise<void> {
  const fresh = `${data}.new.${randomBytes(4).toString('hex')}`;
  await mkdir(fresh, { mode: 0o700 });
  if (runAs.owner) await handOver([fresh, passwordFile], runAs.owner);
  const [program, ...words] = [
    ...runAs.prefix,
    initdb,
    '-D',
    fresh,
    `--pwfile=${passwordFile}`,
    ...INITDB_OPTIONS,
  ];
  try {
    await promisify(execFile)(program!, words, { signal, env: serverEnvironment() });
  } catch (error) {
    throw failedWith((error as { stderr?: string }).stderr || reasonOf(error));
  }
  await renameDurably(fresh, data).catch((error: unknown) => {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(codeOf(error) ?? '')) throw error;
    throw new EmbeddedError(`${data} is in the way and holds no PostgreSQL data: move it away`);
  });
}

/** Another user's initdb must own its folder and read the password, which stays unreadable for everybody else. */
async function handOver(paths: string[], { uid, gid }: { uid: number; gid: number }): Promise<void> {
  for (const path of paths) await chown(path, uid, gid);
}

function failedWith(output: string): EmbeddedError {
  if (lacksLibraries(output)) return librariesMissing;
  const line = output.split('\n').find((one) => /error|FATAL/.test(one)) ?? output.trim().split('\n').at(-1);
  return new EmbeddedError(`PostgreSQL's data could not be created: ${line}`);
}
