import { Failure, line, looking, type Cli, type LookingFlags } from 'nestjs-strangler/cli';
import type { Command } from 'commander';
import { callGraph } from '../boundaries/callers.js';
import { allContracts } from '../boundaries/contracts.js';
import { databaseFacts, type DatabaseFacts } from '../boundaries/database.js';
import type { LiveFacts } from '../boundaries/facts.js';
import { liveFacts } from '../boundaries/live.js';
import { survey } from '../boundaries/survey.js';
import { boundaryLines } from '../text/boundaries.js';

/** `boundaries [module]`: before anything moves: who calls whom, what crosses a schema, what each module would cost. */
export const boundaries = (program: Command, cli: Cli): Command =>
  looking(
    program,
    'boundaries [module]',
    'who calls whom, what crosses schemas, what it costs to take a module out',
    {
      boundaries: 'all modules; reads the sources, and asks the shop if it runs',
      'boundaries inventory': 'one module',
    },
  ).action(async (module: string | undefined, { json }: LookingFlags) => {
    const contracts = await allContracts();
    const names: string[] = contracts.map(({ name }) => name);
    if (module !== undefined && !names.includes(module)) {
      throw new Failure(`there is no module ${module} (there are ${names.join(', ')})`);
    }
    const graph = await callGraph();
    const all = survey({ contracts, graph, database: await database(cli, names), live: await live(cli) });
    const wanted = module === undefined ? all : all.filter((boundary) => boundary.module === module);
    if (json) cli.out.json({ items: wanted });
    else cli.out.print(boundaryLines(wanted));
  });

async function database(cli: Cli, modules: readonly string[]): Promise<DatabaseFacts | undefined> {
  const say = (text: string) => cli.aside.print([line(text)]);
  const found = await databaseFacts(cli.access, modules, say).catch((error: unknown) => {
    say(`the database is not looked at: ${(error as Error).message}`);
    return null;
  });
  if (found === undefined) say('the database is not looked at: there is none yet ("npm start" makes it)');
  return found ?? undefined;
}

async function live({ client, aside }: Cli): Promise<ReadonlyMap<string, LiveFacts> | undefined> {
  return liveFacts(client).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error;
    aside.print([line(`no figures of a running shop: ${error.message}`)]);
    return undefined;
  });
}
