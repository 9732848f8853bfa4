import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { looking, wholeNumber, type LookingFlags } from '../command.js';
import { isRoute } from '../route-verbs.js';
import { historyLines } from '../text/history.js';

interface Flags extends LookingFlags {
  limit: number;
}

/** `history [module]`: who did what, when and why. */
export const history = (program: Command, cli: Cli): Command =>
  looking(program, 'history [module]', 'who did what, when, why, and by which figures', {
    'history parcels': 'of one module',
    'history /reports': 'of a route of the edge',
    'history --limit 20': 'the newest of all',
  })
    .option('--limit <n>', 'the newest n', wholeNumber(1, 1_000), 100)
    .action(async (module: string | undefined, { json, limit }: Flags) => {
      if (module !== undefined && isRoute(module)) return ofRoute(cli, module, { json, limit });
      const entries = await newest(cli, module, limit);
      if (json) cli.out.json({ items: entries });
      else cli.out.print(historyLines(entries, cli.out.width));
    });

async function ofRoute({ gateway, out }: Cli, route: string, { json, limit }: Flags): Promise<void> {
  const entries = await gateway.history(route, limit);
  const share = (percent: number) => `${percent} %`;
  if (json) out.json({ items: entries });
  else
    out.print(
      historyLines(
        entries.map((each) => ({ ...each, module: each.route, from: share(each.from), to: share(each.to) })),
        out.width,
      ),
    );
}

async function newest({ client }: Cli, module: string | undefined, limit: number) {
  const modules = module === undefined ? (await client.modules()).map((status) => status.module) : [module];
  const entries = await Promise.all(modules.map((name) => client.history(name, limit)));
  return entries
    .flat()
    .sort((a, b) => b.id - a.id)
    .slice(0, limit);
}
