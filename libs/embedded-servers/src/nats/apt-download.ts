import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { removeUnfinished } from '../data-folder.js';
import { codeOf } from '../embedded-error.js';

const PROGRAM_IN_PACKAGE = 'usr/sbin/nats-server';
const PATIENCE = [
  '-o',
  'Acquire::Retries=1',
  '-o',
  'Acquire::http::Timeout=20',
  '-o',
  'Acquire::https::Timeout=20',
];

/**
 * Puts the distribution's nats-server at `target` without installing it. apt checks its signature. The name appears
 * only when the file is whole.
 *
 * @throws Error with apt's reason; on systems without apt one that says so.
 */
export async function downloadWithApt(target: string, signal: AbortSignal): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await removeUnfinished(target);
  const work = `${target}.new.${randomBytes(4).toString('hex')}`;
  await mkdir(join(work, 'lists/partial'), { recursive: true });
  await mkdir(join(work, 'cache/archives/partial'), { recursive: true });
  try {
    await fetchPackage(work, signal);
    const file = (await readdir(work)).find((name) => name.endsWith('.deb'));
    if (!file) throw new Error('apt-get brought no package');
    await run('dpkg', ['-x', file, 'unpacked'], work, signal);
    await rename(join(work, 'unpacked', PROGRAM_IN_PACKAGE), target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * First with the machine's package lists; if they are missing or too old, with new ones of our own, which needs no
 * root and leaves the machine's alone. As root, apt would download as user `_apt`, who may not enter our folder.
 */
async function fetchPackage(work: string, signal: AbortSignal): Promise<void> {
  const options = [
    '-q',
    ...PATIENCE,
    '-o',
    `Dir::Cache=${join(work, 'cache')}`,
    '-o',
    'APT::Sandbox::User=root',
  ];
  try {
    await run('apt-get', [...options, 'download', 'nats-server'], work, signal);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw new Error('there is no apt-get here', { cause: error });
    signal.throwIfAborted();
    const ownLists = [...options, '-o', `Dir::State::lists=${join(work, 'lists')}`];
    // One broken source must not stop us; whether the package was found shows below.
    await run('apt-get', [...ownLists, 'update'], work, signal).catch(() => undefined);
    signal.throwIfAborted();
    await run('apt-get', [...ownLists, 'download', 'nats-server'], work, signal);
  }
}

async function run(program: string, words: string[], cwd: string, signal: AbortSignal): Promise<void> {
  try {
    await promisify(execFile)(program, words, { cwd, signal, maxBuffer: 1 << 24 });
  } catch (error) {
    const complaint = /^E: (.*)$/m.exec(String((error as { stderr?: string }).stderr))?.[1];
    throw complaint ? new Error(complaint) : error;
  }
}
