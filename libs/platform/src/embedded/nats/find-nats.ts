import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedError, reasonOf } from '../embedded-error.js';
import { downloadWithApt } from './apt-download.js';

/** A nats-server program that can be run. */
export interface NatsProgram {
  program: string;
  version: string;
}

const HOW_TO_GET_IT =
  'install it (Debian, Ubuntu: apt-get install nats-server; macOS: brew install nats-server; ' +
  'Docker: docker run -p 4222:4222 nats -js) or set NATS_URL';

/**
 * The nats-server of the machine, or our own copy, or a new copy from the distribution's archive.
 *
 * @throws EmbeddedError that says how to get one.
 */
export async function findNats(
  folder: string,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<NatsProgram> {
  const copy = join(folder, 'bin', 'nats-server');
  // Debian puts it in /usr/sbin, which is not on everybody's PATH.
  for (const program of ['nats-server', '/usr/sbin/nats-server', copy]) {
    const version = await versionOf(program);
    if (version) return { program, version };
  }
  tell('nats-server was not found; downloading it from the archive of this Linux distribution (once)');
  try {
    await downloadWithApt(copy, signal);
  } catch (error) {
    throw new EmbeddedError(
      `nats-server was not found and not downloaded (${reasonOf(error)}): ${HOW_TO_GET_IT}`,
    );
  }
  const version = await versionOf(copy);
  if (version) return { program: copy, version };
  throw new EmbeddedError(`the nats-server in ${copy} does not run here: ${HOW_TO_GET_IT}`);
}

async function versionOf(program: string): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)(program, ['--version']).catch(() => ({ stdout: '' }));
  return /v?(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
}

/** A warning for a version with known security holes. */
export function knownHoles(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 2 || (major === 2 && minor >= 10)) return undefined;
  return `nats-server ${version} has known CVEs fixed in 2.10/2.11; set NATS_URL to use a newer one`;
}
