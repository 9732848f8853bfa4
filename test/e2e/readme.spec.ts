import { projectRoot } from '#platform';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from '../support/shop.js';
import { until } from '../support/until.js';

const run = promisify(execFile);
const minutes = 60_000;

/** The README's commands as a newcomer types them, in an empty copy of the repository (a folder only its owner may enter). */
describe('a newcomer', () => {
  let parent: string;
  let folder: string;
  let ports: [number, number];
  const commands: Command[] = [];

  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'newcomer-'));
    folder = join(parent, 'it');
    await copyRepository(folder);
    await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, env: bareEnvironment() });
    ports = [await freePort(), await freePort()];
  }, 5 * minutes);

  afterAll(async () => {
    for (const command of commands) await command.stop('SIGKILL');
    await until('the servers have ended', async () => ((await leftovers()) === '' ? true : undefined));
    await rm(parent, { recursive: true });
  });

  const npm = (...args: string[]): Command => {
    const [port, adminPort] = ports;
    const env = { ...bareEnvironment(), PORT: String(port), ADMIN_PORT: String(adminPort) };
    const command = new Command('npm', args, folder, env);
    commands.push(command);
    return command;
  };
  const url = () => `http://localhost:${ports[0]}`;
  const leftovers = async () =>
    (await run('pgrep', ['-fl', parent]).catch(() => ({ stdout: '' }))).stdout.trim();

  it(
    'starts the shop, orders, flips a module, replays, and leaves nothing running',
    async () => {
      const shop = npm('start');
      await shop.printed(/The shop is open: http/);
      expect((await fetch(`${url()}/docs`)).status).toBe(200);
      expect((await fetch(`${url()}/health/ready`)).status).toBe(200);

      const customer = await Client.register(url());
      const { body } = await customer.send<{ items: { sku: string; available: number }[] }>(
        'GET',
        '/api/v1/products?limit=2',
      );
      const sku = body.items[0]?.sku as string;
      const placed = await customer.order('first', { [sku]: 2 });
      expect(placed).toMatchObject({ status: 201, body: { status: 'confirmed' } });
      expect(placed.headers.get('x-served-by')).toContain('inventory=monolith');
      const cancelled = await customer.send('POST', `/api/v1/orders/${placed.body.id}/cancel`);
      expect(cancelled.body).toMatchObject({ status: 'cancelled' });

      const service = npm('run', 'start:extracted', '--', 'inventory');
      await service.printed(/inventory is served/);
      await want('extracted');
      await until('inventory answers from the other process, with the same goods', async () => {
        const answer = await customer.send<{ items?: { sku: string }[] }>('GET', '/api/v1/products?limit=1');
        const there = answer.headers.get('x-served-by') === 'inventory=extracted';
        return there && answer.body.items?.[0]?.sku === sku ? true : undefined;
      });

      const replay = npm('run', 'replay', '--', '--limit', '20');
      expect(await replay.ended()).toBe(0);
      expect(replay.output).toMatch(/placed +20\n/);

      await want('monolith');
      await until('inventory answers from the monolith again', async () => {
        const answer = await customer.send('GET', '/api/v1/products?limit=1');
        return answer.headers.get('x-served-by') === 'inventory=monolith' ? true : undefined;
      });
      await service.stop('SIGINT');
      await shop.stop('SIGINT');
      await until('nothing is left running', async () => ((await leftovers()) === '' ? true : undefined));
    },
    3 * minutes,
  );

  it(
    'starts again after everything was killed, with all that was there',
    async () => {
      const shop = npm('start');
      await shop.printed(/The shop is open/);
      const client = await Client.register(url());
      await shop.stop('SIGKILL');

      const again = npm('start');
      await again.printed(/The shop is open/);
      expect(again.output).not.toContain('creating a PostgreSQL database');
      expect((await client.send('GET', `/api/v1/users/${client.id}`)).status).toBe(200);
      await again.stop('SIGINT');
    },
    2 * minutes,
  );

  /** Without bake time, and without asking for the samples that this quiet shop does not have. */
  async function want(phase: string): Promise<void> {
    const file = join(folder, 'strangler.yaml');
    const line = /^inventory: \{ phase: extracted, bake: 5s.*\}$/m.exec(
      await readFile(join(folder, 'README.md'), 'utf8'),
    );
    // As the README says it, but in one step that is not watched.
    const wish = line![0].replace('extracted', phase).replace('bake: 5s', 'ramp: [100], bake: 0s');
    await writeFile(file, (await readFile(file, 'utf8')).replace(/inventory: \{.*\}\n/, `${wish}\n`));
  }
});

/** A command in a terminal of its own: signals reach all of its processes, as from the keyboard. */
class Command {
  output = '';
  private readonly child: ChildProcess;

  constructor(program: string, args: string[], cwd: string, env: Record<string, string>) {
    this.child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  printed(line: RegExp): Promise<true> {
    return until(`a line ${line}`, () => {
      if (line.test(this.output)) return true;
      if (this.hasEnded()) throw new Error(`it ended before it printed ${line}:\n${this.output}`);
      return undefined;
    });
  }

  async ended(): Promise<number | null> {
    if (!this.hasEnded()) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    if (this.hasEnded()) return;
    process.kill(-(this.child.pid as number), signal);
    await this.ended();
  }

  private hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}

/** What git would clone, with what is not committed yet. */
async function copyRepository(target: string): Promise<void> {
  const { stdout } = await run('git', ['ls-files', '-co', '--exclude-standard'], { cwd: projectRoot() });
  const files = stdout.trim().split('\n');
  for (const file of files) {
    await cp(join(projectRoot(), file), join(target, file)).catch((error: unknown) => {
      // Deleted, but not committed as deleted.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    });
  }
}

const bareEnvironment = (): Record<string, string> => {
  const { PATH = '', HOME = '' } = process.env;
  return { PATH, HOME };
};

async function freePort(): Promise<number> {
  const probe = createServer().listen(0);
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
