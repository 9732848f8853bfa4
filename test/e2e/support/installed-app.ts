import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A copy of `examples/nest-app` that has installed the package from its tarball. */
export interface InstalledApp {
  folder: string;
  /** Runs a program in its folder. @throws what it said, when it fails */
  run(command: string, args: string[], env?: object): Promise<{ stdout: string; stderr: string }>;
  drop(): Promise<void>;
}

/** `more`: packages that it installs beside. */
export async function installedApp(more: readonly string[] = []): Promise<InstalledApp> {
  const parent = await mkdtemp(join(tmpdir(), 'nest-app-'));
  const folder = join(parent, 'nest-app');
  await cp('examples/nest-app', folder, { recursive: true });
  const runIn = (command: string, args: string[], env = {}) =>
    run(command, args, { cwd: folder, env: { ...process.env, ...env }, maxBuffer: 50_000_000 });
  const pack = ['pack', '-w', 'nestjs-strangler', '--json', '--pack-destination', parent];
  const [{ filename }] = JSON.parse((await run('npm', pack)).stdout) as [{ filename: string }];
  const quietly = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  await runIn('npm', ['ci', ...quietly]);
  await runIn('npm', ['install', ...quietly, join(parent, filename), ...more]);
  return { folder, run: runIn, drop: () => rm(parent, { recursive: true }) };
}
