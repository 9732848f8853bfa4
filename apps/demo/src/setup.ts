import { projectRoot, StartError } from '#platform';
import { acquireEmbedded } from 'nestjs-strangler-embedded-servers';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { appendFile, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const endingMs = 30_000;

/** What the demo stands on: a data folder that nobody else uses. */
export interface DemoSetup {
  readonly folder: string;
  readonly admin: { email: string; password: string };
  /** What every program of the demo has in its environment, and nothing else. */
  readonly env: Record<string, string>;
  /** Remembers a process, so that the next demo knows whom to wait for. */
  remember(pid: number | undefined): Promise<void>;
  /** Takes away all that the demo has made. */
  remove(): Promise<void>;
}

/**
 * Empties the data folder and lays out what programs find there. Of an earlier demo that was killed, it waits for the end.
 *
 * @param env what of the user's environment programs need to run at all
 * @throws {StartError} when another demo runs there
 */
export async function makeSetup(
  env: Record<string, string>,
  folder = join(projectRoot(), '.data', 'demo'),
): Promise<DemoSetup> {
  await waitForEarlier(folder);
  await empty(folder);
  await takeOver(join(folder, '..', programs), join(folder, programs));
  const config = join(folder, 'strangler.yaml');
  // A module that stands in the file is steered by it; these are steered through the admin API.
  await writeFile(config, 'modules: {}\n');
  const remember = async (pid: number | undefined) => appendFile(pidsIn(folder), `${pid ?? ''}\n`);
  await remember(process.pid);
  const admin = { email: 'admin@shop.example', password: randomBytes(18).toString('base64url') };
  return {
    folder,
    admin,
    env: {
      ...env,
      PORT: '0',
      ADMIN_PORT: '0',
      DATA_DIR: folder,
      STRANGLER_CONFIG: config,
      SAMPLE: 'on',
      ADMIN_EMAIL: admin.email,
      ADMIN_PASSWORD: admin.password,
      LOG_LEVEL: 'warn',
    },
    remember,
    remove: () => empty(folder),
  };
}

/** The folder of downloaded programs: they are downloaded once. */
const programs = 'bin';

async function empty(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const names = (await readdir(folder)).filter((name) => name !== programs);
  await Promise.all(names.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

/** What `npm start` has downloaded need not be downloaded again. */
async function takeOver(from: string, to: string): Promise<void> {
  if (existsSync(from) && !existsSync(to)) await cp(from, to, { recursive: true });
}

const pidsIn = (folder: string): string => join(folder, 'processes');

/** Waits until nothing of an earlier demo runs, its servers included. */
async function waitForEarlier(folder: string): Promise<void> {
  const text = await readFile(pidsIn(folder), 'utf8').catch(() => '');
  const [demo, ...children] = text.split('\n').filter(Boolean).map(Number);
  if (demo !== undefined && isOurs(demo)) {
    throw new StartError(`a demo is running already (process ${demo}): one at a time`);
  }
  const giveUpAt = performance.now() + endingMs;
  while (children.some(isOurs)) {
    if (performance.now() > giveUpAt) {
      throw new StartError(`an earlier demo's processes do not end: ${children.filter(isOurs).join(', ')}`);
    }
    await sleep(100);
  }
  if (!existsSync(join(folder, 'keeper'))) return;
  // Whoever gives the last share in the servers back waits until they have ended.
  const lease = await acquireEmbedded({ dataDir: folder });
  await lease.release();
}

/** Whether a process lives and is one of ours: numbers are used again. */
function isOurs(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return ['apps', 'examples'].some((folder) => command.includes(join('dist', folder)));
  } catch {
    return true; // no /proc here
  }
}
