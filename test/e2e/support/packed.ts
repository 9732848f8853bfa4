import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Packs the toolkit, or another package of ours, into a folder, as it would be published. */
export async function packInto(
  folder: string,
  name = 'nestjs-strangler',
): Promise<{ tarball: string; files: string[] }> {
  const words = ['pack', '-w', name, '--json', '--pack-destination', folder];
  const [{ filename, files }] = JSON.parse((await run('npm', words)).stdout) as [
    { filename: string; files: { path: string }[] },
  ];
  return { tarball: join(folder, filename), files: files.map(({ path }) => path) };
}

/** Runs programs in a folder. @throws what a program said, when it fails */
export const runIn =
  (folder: string) =>
  (command: string, args: string[], env: object = {}): Promise<{ stdout: string; stderr: string }> =>
    run(command, args, { cwd: folder, env: { ...process.env, ...env }, maxBuffer: 50_000_000 });

/** What npm is told: no network where the cache has it, and no scripts of others. */
export const quietly = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
