import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { EmbeddedError, codeOf } from './embedded-error.js';

/** Under whom a server runs: the words before its command line, and who must own its files (nobody else: as we). */
export interface RunAs {
  prefix: string[];
  owner: Owner | undefined;
}

/** A user and a group by number. */
export interface Owner {
  uid: number;
  gid: number;
}

/** A server that must not run as root. */
export interface Unprivileged {
  /** For people: PostgreSQL, NATS. */
  label: string;
  /** Tried with `--version`, to see whether the user can run it. @throws to say more of why it cannot. */
  program: string;
  complain?: (stderr: string) => void;
  /** The folder that it works in. */
  folder: string;
  /** Its files, which it keeps if they have an owner already. */
  data?: string;
  /** The user that packages make for it. */
  user: string;
}

const NOBODY: Owner = { uid: 65534, gid: 65534 };
const run = promisify(execFile);

/**
 * PostgreSQL refuses to run as root and NATS need not, so root runs them as another user, without creating one and without
 * touching the permissions of folders that are not ours. If that user cannot reach the project (it is below /root, say),
 * it gets the one capability that lets it pass, dac_override, which Docker's default set contains as well.
 *
 * @throws EmbeddedError when neither works.
 */
export async function chooseRunAs(server: Unprivileged): Promise<RunAs> {
  if (process.getuid?.() !== 0) return { prefix: [], owner: undefined };
  const { label, folder } = server;
  const owner = (await ownerOf(server.data)) ?? (await userNamed(server.user)) ?? NOBODY;
  const plain = ['setpriv', `--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'];
  // Without the securebit, access(2), by which initdb looks for its fellow programs, ignores the capability.
  const bits = '--securebits=+no_setuid_fixup';
  const passing = [...plain, bits, '--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  for (const words of [plain, passing]) {
    const prefix = [...words, '--'];
    if (await reaches(prefix, server)) return { prefix, owner };
  }
  throw new EmbeddedError(
    `${label} does not run as root, and user ${owner.uid} may not enter ${folder}: ` +
      'run as an ordinary user, or move the project',
  );
}

/** Whom the data belongs to already: PostgreSQL refuses data of another user, so that one it must stay. */
async function ownerOf(data: string | undefined): Promise<Owner | undefined> {
  const found = data === undefined ? undefined : await stat(data).catch(() => undefined);
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined;
}

async function userNamed(name: string): Promise<Owner | undefined> {
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const [, uid, gid] = new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, 'm').exec(users) ?? [];
  return uid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}

/** Tried for real, because the capability may be missing, or withheld by a container. */
async function reaches(prefix: string[], server: Unprivileged): Promise<boolean> {
  const script = 'cd "$1" && "$2" --version';
  const [first, ...words] = [...prefix, 'sh', '-c', script, 'sh', server.folder, server.program];
  try {
    await run(first, words);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw setprivMissing(server);
    server.complain?.(String((error as { stderr?: string }).stderr));
    return false;
  }
}

const setprivMissing = ({ label }: Unprivileged): EmbeddedError =>
  new EmbeddedError(
    `${label} does not run as root and setpriv is missing: ` +
      'install util-linux, or run as an ordinary user',
  );
