import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packInto, quietly, runIn } from './packed.js';

/** A copy of `examples/nest-app` that has installed the package from its tarball. */
export interface InstalledApp {
  folder: string;
  /** Runs a program in its folder. @throws what it said, when it fails */
  run: ReturnType<typeof runIn>;
  drop(): Promise<void>;
}

/** `more`: packages that it installs beside. */
export async function installedApp(more: readonly string[] = []): Promise<InstalledApp> {
  const parent = await mkdtemp(join(tmpdir(), 'nest-app-'));
  const folder = join(parent, 'nest-app');
  await cp('examples/nest-app', folder, { recursive: true });
  const { tarball } = await packInto(parent);
  const run = runIn(folder);
  await run('npm', ['ci', ...quietly]);
  await run('npm', ['install', ...quietly, tarball, ...more]);
  return { folder, run, drop: () => rm(parent, { recursive: true }) };
}
