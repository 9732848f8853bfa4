import type { Command } from 'commander';
import { unless, type SilentSide } from '../../control/terms/silent-side.js';
import type { SagaOn } from '../../control/commands/sagas.js';
import { act } from '../act.js';
import type { Cli } from '../cli.js';
import { changing, looking, uuidIn, type ChangingFlags, type LookingFlags } from '../command.js';
import { Failure, Misuse } from '../failure.js';
import { sagaLines, sagasLines } from '../text/sagas.js';

type Named = SagaOn & { module: string };

/** `sagas [--stuck]`, `sagas show <id>`, `sagas retry|compensate <id…>`: processes over several modules that have not ended. */
export function sagas(program: Command, cli: Cli): Command {
  const verb = looking(program, 'sagas', 'processes over several modules that have not ended; free one', {
    sagas: 'all of them, the oldest first',
    'sagas --stuck': 'those that do not get on',
  })
    .option('--stuck', 'only those that were tried often, or that nobody takes up')
    .allowExcessArguments()
    .action(async ({ json, stuck }: LookingFlags & { stuck?: true }, { args }: Command) => {
      if (args[0] !== undefined) throw new Misuse(noVerb(cli.program, args[0]));
      const { sagas, silent } = await all(cli);
      const items = sagas.filter((saga) => !stuck || saga.stuck);
      if (json) cli.out.json({ items, silent });
      else cli.out.print(sagasLines(items, silent, sagas.length));
    });
  looking(verb, 'show <id>', 'its steps, where it stands, and what it waits for', {
    'show 0190a7d2-…': 'one saga, also when it has ended',
  }).action(async (id: string, { json }: LookingFlags) => {
    const saga = await one(cli, id);
    if (json) cli.out.json(saga);
    else cli.out.print(sagaLines(saga));
  });
  steering(verb, cli, 'retry', 'try them now', {
    'retry 0190a7d2-…': 'once you have mended what it waits for',
  });
  steering(verb, cli, 'compensate', 'take back what they have done: only before the pivot', {
    'compensate 0190a7d2-… --reason "the customer has called"': 'its caller hears that it was refused',
  });
  return verb;
}

const noVerb = (program: string, said: string): string =>
  `"sagas ${said}" is nothing: ${program} sagas lists those of all modules; sagas show|retry|compensate <id> is for one`;

function steering(
  verb: Command,
  cli: Cli,
  how: 'retry' | 'compensate',
  description: string,
  examples: Readonly<Record<string, string>>,
): void {
  changing(verb, `${how} <id...>`, description, examples)
    .option('--reason <text>', 'why, for the history')
    .action(async (ids: string[], flags: ChangingFlags & { reason?: string }) => {
      const found = await Promise.all(ids.map((id) => one(cli, id)));
      for (const module of new Set(found.map((saga) => saga.module))) {
        const own = found.filter((saga) => saga.module === module).map(({ id }) => id);
        await act(cli, module, 'sagas', { ...flags, how, ids: own });
      }
    });
}

async function all({ client }: Cli, id?: string): Promise<{ sagas: Named[]; silent: SilentSide[] }> {
  const modules = await client.modules();
  const found = await Promise.all(
    modules.map(async ({ module }) => ({ module, ...(await client.sagas(module, id)) })),
  );
  const sagas = found.flatMap(({ module, items }) => items.map((saga) => ({ ...saga, module })));
  return {
    sagas: sagas.sort((a, b) => a.createdAt.localeCompare(b.createdAt)),
    silent: found.flatMap(({ silent }) => silent),
  };
}

async function one(cli: Cli, id: string): Promise<Named> {
  const { sagas, silent } = await all(cli, uuidIn(id, 'a saga: sagas has them'));
  const [saga] = sagas;
  if (!saga) throw new Failure(`there is no saga ${id}${unless(silent)}; see: ${cli.program} sagas`);
  return saga;
}
