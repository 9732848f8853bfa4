import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sides, type Side } from '#strangler/routes/phase';

/** Room for a cluster and what some minutes write into it. */
const size = '640m';

const mounting = sides
  .map((side) => `mount -t tmpfs -o size=${size},mode=0755 tmpfs "$0/${side}"`)
  .join(' && ');

/** The folder of a side's disk. */
export const diskOf = (folder: string, side: Side): string => join(folder, side);

/**
 * The words before a command by which it runs with a disk of its own a side, in memory, below `folder`; undefined where that cannot be. They
 * are there for that command and its children alone, and are gone with them, however those end. Who is not root gets a namespace in which he
 * may mount, and in that one in which he is himself again: PostgreSQL does not run as root.
 */
export function disksBefore(folder: string): string[] | undefined {
  for (const side of sides) mkdirSync(diskOf(folder, side), { recursive: true });
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  const again = ['unshare', '-U', `--map-user=${uid}`, `--map-group=${gid}`];
  const [may, self] = uid === 0 ? [['unshare', '-m'], []] : [['unshare', '-Urm'], again];
  const words = [...may, 'sh', '-c', `${mounting} && exec "$@"`, folder, ...self];
  const { status } = spawnSync(words[0]!, [...words.slice(1), 'true'], { stdio: 'ignore' });
  return status === 0 ? words : undefined;
}

const piecesOf = [1 << 20, 1 << 16, 1 << 12] as const;
/** What becomes free meanwhile is taken, too, this often, in ms. */
const againMs = 100;

/** Something else that takes all that is left of a disk. */
export class Ballast {
  private timer: NodeJS.Timeout | undefined;
  private filling: Promise<void> = Promise.resolve();

  constructor(private readonly disk: string) {}

  async put(): Promise<void> {
    await this.fill();
    this.timer = setInterval(() => void (this.filling = this.filling.then(() => this.fill())), againMs);
  }

  async takeAway(): Promise<void> {
    clearInterval(this.timer);
    await this.filling;
    await rm(this.path, { force: true });
  }

  private get path(): string {
    return join(this.disk, 'ballast');
  }

  private async fill(): Promise<void> {
    const file = await open(this.path, 'a');
    try {
      for (const length of piecesOf) await appendUntilFull(file, Buffer.alloc(length));
    } finally {
      await file.close();
    }
  }
}

async function appendUntilFull(file: Awaited<ReturnType<typeof open>>, piece: Buffer): Promise<void> {
  try {
    for (;;) await file.write(piece);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
