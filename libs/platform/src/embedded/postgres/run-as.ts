import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { EmbeddedError, codeOf } from '../embedded-error.js';
import { lacksLibraries, librariesMissing, type PostgresBinaries } from './binaries.js';

/** Under whom PostgreSQL runs: the words before its command line, and who must own its files (nobody else: as we). */
export interface RunAs {
  prefix: string[];
  owner: Owner | undefined;
}

/** A user and a group by number. */
export interface Owner {
  uid: number;
  gid: number;
}

const NOBODY: Owner = { uid: 65534, gid: 65534 };
const run = promisify(execFile);

/**
 * PostgreSQL refuses to run as root, so root runs it as another user, without creating one and without touching
 * the permissions of folders that are not ours. If that user cannot reach the project (it is below /root, say),
 * it gets the one capability that lets it pass, dac_override, which Docker's default set contains as well.
 *
 * @throws EmbeddedError when neither works.
 */
export async function chooseRunAs(folder: string, data: string, binaries: PostgresBinaries): Promise<RunAs> {
  if (process.getuid?.() !== 0) return { prefix: [], owner: undefined };
  const owner = (await ownerOf(data)) ?? (await postgresUser()) ?? NOBODY;
  const plain = ['setpriv', `--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'];
  // Without the securebit, access(2), by which initdb looks for its fellow programs, ignores the capability.
  const bits = '--securebits=+no_setuid_fixup';
  const passing = [...plain, bits, '--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  for (const words of [plain, passing]) {
    const prefix = [...words, '--'];
    if (await reaches(prefix, folder, binaries.postgres)) return { prefix, owner };
  }
  throw new EmbeddedError(
    `PostgreSQL does not run as root, and user ${owner.uid} may not enter ${folder}: ` +
      'run as an ordinary user, move the project, or set DATABASE_URL',
  );
}

/** Whom the data belongs to already: PostgreSQL refuses data of another user, so that one it must stay. */
async function ownerOf(data: string): Promise<Owner | undefined> {
  const found = await stat(data).catch(() => undefined);
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined;
}

async function postgresUser(): Promise<Owner | undefined> {
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const [, uid, gid] = /^postgres:[^:]*:(\d+):(\d+):/m.exec(users) ?? [];
  return uid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}

/** Tried for real, because the capability may be missing, or withheld by a container. */
async function reaches(prefix: string[], folder: string, postgres: string): Promise<boolean> {
  const [program, ...words] = [...prefix, 'sh', '-c', 'cd "$1" && "$2" --version', 'sh', folder, postgres];
  try {
    await run(program, words);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw setprivMissing;
    if (lacksLibraries(String((error as { stderr?: string }).stderr))) throw librariesMissing;
    return false;
  }
}

const setprivMissing = new EmbeddedError(
  'PostgreSQL does not run as root and setpriv is missing: ' +
    'install util-linux, run as an ordinary user, or set DATABASE_URL',
);
