import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** Whether psql is here: the peer is not a dependency of ours. */
export const canPipe = (): boolean => spawnSync('psql', ['--version']).status === 0;

/** `psql -c 'copy … to stdout' | psql -c 'copy … from stdin'`. @throws when one fails. */
export async function copyAcross(from: string, to: string, table: string): Promise<void> {
  const out = spawn('psql', [from, '-qXc', `copy ${table} to stdout`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const into = spawn('psql', [to, '-qXc', `copy ${table} from stdin`], {
    stdio: [out.stdout, 'ignore', 'inherit'],
  });
  out.stdout.destroy();
  const ends = await Promise.all([once(out, 'exit'), once(into, 'exit')]);
  if (ends.some(([code]) => code !== 0)) throw new Error('psql could not copy');
}
