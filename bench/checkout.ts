import { projectRoot } from '#platform';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The project as it was at a commit, built, beside the packages of today. Resolves with its folder; made once a commit. */
export async function checkOut(ref: string, dataDir: string): Promise<string> {
  const root = projectRoot();
  const { stdout } = await run('git', ['rev-parse', '--verify', `${ref}^{commit}`], { cwd: root });
  const folder = join(dataDir, 'commits', stdout.trim());
  if (existsSync(folder)) return folder;
  const making = `${folder}.new`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true });
  await run('git', ['archive', '--output', join(making, 'commit.tar'), ref], { cwd: root });
  await run('tar', ['-xf', 'commit.tar'], { cwd: making });
  await symlink(join(root, 'node_modules'), join(making, 'node_modules'));
  await run('npm', ['run', '-s', 'build'], { cwd: making });
  await rename(making, folder);
  return folder;
}
