import { copyFile, cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { projectRoot } from '../../libs/platform/src/project-root.js';

/** The built programs, copied without one folder: whoever needs it does not start. */
export interface Built {
  /** A program of the copy, as `startProgram` takes it. */
  entry(program: string): string;
  remove(): Promise<void>;
}

/** @param folder for example `libs/domain/src/users`. */
export async function builtWithout(folder: string): Promise<Built> {
  const root = projectRoot();
  const copy = await mkdtemp(join(tmpdir(), 'built-'));
  const gone = join(root, 'dist', folder);
  await cp(join(root, 'dist'), join(copy, 'dist'), { recursive: true, filter: (path) => path !== gone });
  await copyFile(join(root, 'package.json'), join(copy, 'package.json'));
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  return {
    entry: (program) => relative(join(root, 'dist'), join(copy, 'dist', program)),
    remove: () => rm(copy, { recursive: true }),
  };
}
