import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Argument, type Command } from 'commander';
import type { ContractChange } from '../../described/changes.js';
import type { Callers, Description } from '../../described/description.js';
import type { Cli, KnownContracts } from '../cli.js';
import { looking, type LookingFlags } from '../command.js';
import { Failure, Misuse } from '../failure.js';
import { line, type Line } from '../text/line.js';

interface Flags extends LookingFlags {
  from?: string;
  released: string;
}

/** `contracts check|export|asyncapi`: what has changed in the contracts since a release, and contracts as data. */
export const contracts = (program: Command, cli: Cli): Command =>
  looking(program, 'contracts', 'compare the contracts with the last release, or write them as data', {
    'contracts check': 'exit code 1 where a change breaks somebody: it says whom',
    'contracts export': 'with each release: contracts.lock.json is what the next one is compared with',
    'contracts asyncapi': 'the AsyncAPI 3 document of now, with all JSON Schemas',
  })
    .addArgument(new Argument('<action>', 'what to do').choices(Object.keys(actions)))
    .option('--released <file>', 'the contracts of the last release', 'contracts.lock.json')
    .option(
      '--from <file>',
      'the compiled file of the application that exports `contracts`, and `calls` of whom',
    )
    .action((action: keyof typeof actions, flags: Flags) => actions[action](cli, flags));

const actions = { check: checked, export: exported, asyncapi: documented };

async function exported(cli: Cli, { released, json, ...flags }: Flags): Promise<void> {
  const description = await described(await knownTo(cli, flags));
  write(released, description);
  if (json) cli.out.json(description);
  else cli.out.print([line(`${released}: ${countOf(description)}`)]);
}

async function documented(cli: Cli, flags: Flags): Promise<void> {
  const known = await knownTo(cli, flags);
  const { asyncApiOf } = await import('../../described/asyncapi.js');
  const { title = 'Contracts', version = '0.0.0', namespace } = known;
  cli.out.json(asyncApiOf(await described(known), { title, version, namespace }));
}

async function checked(cli: Cli, { released, json, ...flags }: Flags): Promise<void> {
  const before = read(released);
  const { changesOf } = await import('../../described/changes.js');
  const changes = changesOf(before, await described(await knownTo(cli, flags)));
  const breaks = changes.some(({ breaking }) => breaking);
  if (breaks) cli.exitCode = 1;
  if (json) return cli.out.json({ compatible: !breaks, changes });
  cli.out.print(changeLines(changes));
}

/** The toolkit is loaded when it is needed: no other verb is to wait for it. */
async function described({ contracts: all, calls }: KnownContracts): Promise<Description> {
  const { describeContracts } = await import('../../described/description.js');
  return describeContracts(all, calls);
}

async function knownTo(cli: Cli, { from }: Pick<Flags, 'from'>): Promise<KnownContracts> {
  if (from !== undefined) return exportedBy(from);
  const known = await cli.application.contracts?.();
  if (known) return known;
  throw new Misuse(
    '--from: the compiled file of the application that exports its contracts, as dist/contracts.js',
  );
}

async function exportedBy(file: string): Promise<KnownContracts> {
  const loaded = (await import(pathToFileURL(resolve(file)).href).catch((error: unknown) => {
    throw new Failure(`${file} cannot be loaded: ${(error as Error).message}`);
  })) as Partial<KnownContracts> & { callers?: Callers };
  if (!Array.isArray(loaded.contracts)) throw new Failure(`${file} exports no list "contracts"`);
  const { contracts: all, calls, callers, title, version, namespace } = loaded;
  return {
    contracts: all as KnownContracts['contracts'],
    calls: { ...calls, ...callers },
    title,
    version,
    namespace,
  };
}

function read(file: string): Description {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Description;
  } catch (error) {
    throw new Failure(
      `${file}, the contracts of the last release, cannot be read (${(error as Error).message}): "contracts export" writes it`,
    );
  }
}

function write(file: string, value: object): void {
  try {
    writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
  } catch (error) {
    throw new Failure(`${file} cannot be written: ${(error as Error).message}`);
  }
}

function countOf({ modules }: Description): string {
  const all = Object.values(modules);
  const sum = (of: 'operations' | 'events') => all.reduce((n, each) => n + Object.keys(each[of]).length, 0);
  return `${all.length} modules, ${sum('operations')} operations, ${sum('events')} events`;
}

function changeLines(changes: readonly ContractChange[]): Line[] {
  if (changes.length === 0) return [line('nothing has changed since the last release')];
  const broken = changes.filter(({ breaking }) => breaking);
  return [
    ...broken.map(({ of, what, consumers }) =>
      line(`breaks ${consumers.join(', ') || 'nobody that is known'}: ${of} ${what}`, 'red'),
    ),
    ...changes.filter(({ breaking }) => !breaking).map(({ of, what }) => line(`fine: ${of} ${what}`)),
    line(
      broken.length > 0
        ? `${broken.length} of ${changes.length} changes break somebody who knows the last release`
        : 'nobody who knows the last release is broken',
      'bold',
    ),
  ];
}
