import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** Whether the programs of the peer are there. */
export const canCopy = (): boolean =>
  ['psql', 'md5sum'].every((program) => spawnSync(program, ['--version']).status === 0);

/** `psql -c 'copy … to stdout' | md5sum`, a process each. @throws when one fails. */
export async function copyThroughMd5sum(url: string, what: string): Promise<string> {
  const psql = spawn('psql', [url, '-qXc', `copy ${what} to stdout`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const md5sum = spawn('md5sum', [], { stdio: [psql.stdout, 'pipe', 'inherit'] });
  // md5sum has it now; read here too, a part would be missing there.
  psql.stdout.destroy();
  const [sum, ended] = await Promise.all([text(md5sum.stdout), once(psql, 'exit')]);
  const code = ended[0] as number | null;
  if (code !== 0) throw new Error(`psql ended with ${code}`);
  return sum;
}
