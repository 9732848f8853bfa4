import { EmbeddedServers, type Closing } from '#platform';
import { RouteClient } from 'nestjs-strangler/cli';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { adminAt, AdminSession } from '../admin.js';
import { ChildProgram } from '../child-program.js';
import type { DemoSetup } from '../setup.js';
import { stranglerYaml, type Upstreams } from './route-tour.js';
import type { MovingRoute } from './visits.js';

/** The legacy application, the modules that replace it route by route, and the gateway before them. */
export interface Site {
  /** Of the gateway: where customers are. */
  url: string;
  /** The gateway's admin API. */
  admin: RouteClient;
  upstreams: Upstreams;
  /** Says in `strangler.yaml` which share of each route its module is to have. */
  want(shares: ReadonlyMap<MovingRoute, number>): Promise<void>;
}

export interface SiteParts {
  setup: DemoSetup;
  /** Ends it all. */
  closing: Closing;
  say: (line: string) => void;
  /** Told when a program ends by itself, with its last lines. */
  onDeath: (obituary: string) => void;
  stop: AbortSignal;
}

/** Starts it all, each program as a process of its own. @throws {StartError} */
export async function openSite({ setup, closing, say, onDeath, stop }: SiteParts): Promise<Site> {
  const { folder, env } = setup;
  say(`starting in ${folder}`);
  const servers = new EmbeddedServers(folder, say);
  closing.add(() => servers.release());
  const databaseUrl = await servers.database('harbour');
  await servers.nats();
  const launch = async (name: string, entry: string, open: RegExp, more: Record<string, string>) => {
    const program = new ChildProgram({ name, entry, args: [], env: { ...env, ...more }, folder });
    closing.add(() => program.end());
    await setup.remember(program.pid);
    const match = await program.printed(open, stop);
    program.onDeath(onDeath);
    return match;
  };
  const theirs = { DATABASE_URL: databaseUrl, SESSION_SECRET: randomBytes(32).toString('hex') };
  const [, legacy = ''] = await launch('legacy', 'examples/legacy-app/src/main.js', /open: (\S+)/, theirs);
  say(`the legacy application is open at ${legacy}; it knows nothing of what follows`);
  const [, next = ''] = await launch('modules', 'examples/legacy-app/next/main.js', /open: (\S+)/, theirs);
  say(`the modules that routes move to are open at ${next}`);
  // Operators are people of the shop.
  await launch('monolith', 'apps/monolith/src/main.js', /open: http/, { SAMPLE: 'off' });
  const upstreams = { legacy, new: next };
  const want: Site['want'] = (shares) => writeFile(env.STRANGLER_CONFIG!, stranglerYaml(upstreams, shares));
  await want(new Map());
  const [, url = '', adminUrl = ''] = await launch(
    'gateway',
    'apps/gateway/src/main.js',
    /open: (http:\/\/[^/\s]+)\S* .* admin (http:[^\s"]+)/,
    { LEGACY_URL: legacy },
  );
  say(`the gateway is open at ${url}, its admin API at ${adminUrl}`);
  const admin = new RouteClient(adminAt('the gateway', adminUrl), new AdminSession(url, setup.admin));
  return { url, admin, upstreams, want };
}
