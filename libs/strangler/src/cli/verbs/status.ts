import type { RouteStatus } from '../../operate/route-views.js';
import { Option, type Command } from 'commander';
import type { Cli } from '../cli.js';
import { looking, wholeNumber, type LookingFlags } from '../command.js';
import { Failure, Misuse } from '../failure.js';
import { isRoute } from '../route-verbs.js';
import { line } from '../text/line.js';
import { routeLines, routesOverview } from '../text/routes.js';
import { moduleLines } from '../text/module.js';
import { movingLines } from '../text/moving.js';
import { noticeLines, settingLines } from '../text/settings.js';
import { overview } from '../text/overview.js';
import { phases } from '../../routes/phase.js';
import { waitForPhase } from '../watch/wait-for-phase.js';
import { watchModules, watchRoute } from '../watch/watch-status.js';

interface Flags extends LookingFlags {
  watch?: true;
  waitFor?: string;
  timeout: number;
}

/** `status [module]`: where the modules stand, what they wait for. */
export const status = (program: Command, cli: Cli): Command =>
  looking(program, 'status [module]', 'where the modules stand, and what they wait for', {
    status: 'all modules, one line each',
    'status parcels': 'everything about one',
    'status /reports': 'about a route of the edge, from its gateway',
    'status --watch': 'drawn anew every second, until Ctrl-C',
    'status parcels --wait-for extracted --timeout 600':
      'for scripts: exit code 1 when it is not there in time',
  })
    .option('--watch', 'go on until Ctrl-C (with --json: one document a line)')
    .addOption(
      new Option('--wait-for <phase>', 'until the module is in it').choices(phases).conflicts('watch'),
    )
    .option('--timeout <s>', 'seconds for --wait-for', wholeNumber(1, 86_400), 300)
    .action(async (module: string | undefined, { json, watch, waitFor, timeout }: Flags) => {
      if (module !== undefined && isRoute(module)) {
        if (waitFor !== undefined) throw new Misuse('--wait-for is for modules; verbs of routes have --wait');
        return (watch ? watchRoute : showRoute)(cli, module, json);
      }
      if (watch) return watchModules(cli, module, json);
      if (waitFor === undefined) return show(cli, module, json);
      if (module === undefined)
        throw new Misuse('--wait-for takes a module: status <module> --wait-for <phase>');
      await waitForPhase(cli, module, { phase: waitFor, timeoutMs: timeout * 1_000 });
      await show(cli, module, json);
    });

async function showRoute({ gateway, out }: Cli, route: string, json?: true): Promise<void> {
  const one = await gateway.route(route);
  if (json) out.json(one);
  else out.print(routeLines(one));
}

const noRoutes = 'no path moves yet: the "edge:" of the gateway\'s strangler.yaml names those that are to';

/** None where no gateway answers: a shop needs none. */
async function routesOf({ gateway }: Cli): Promise<RouteStatus[]> {
  try {
    return await gateway.routes();
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}

async function show(cli: Cli, module: string | undefined, json?: true): Promise<void> {
  const { client, out, access } = cli;
  if (module !== undefined) {
    const one = await client.module(module);
    if (json) out.json(one);
    else out.print([...noticeLines([one]), ...moduleLines(one), ...settingLines(one)]);
    return;
  }
  if (access.modules.url === undefined) {
    const routes = await cli.gateway.routes();
    if (json) return out.json({ routes });
    return out.print(routes.length > 0 ? routesOverview(routes) : [line(noRoutes)]);
  }
  const [all, routes] = await Promise.all([client.modules(), routesOf(cli)]);
  if (json) return out.json({ items: all, ...(routes.length > 0 && { routes }) });
  out.print([...noticeLines(all), ...overview(all, out.width), ...movingLines(all)]);
  if (routes.length > 0) out.print([[], ...routesOverview(routes)]);
}
