import { firstLine, GenerateError, schemaFile, type GeneratedSchema } from '../../generate/generated.js';
import type { Command } from 'commander';
import { readFileSync, writeFileSync } from 'node:fs';
import type pg from 'pg';
import type { Cli } from '../cli.js';
import { looking, type LookingFlags } from '../command.js';
import { requireDatabaseUrl } from '../direct.js';
import { Failure, Misuse } from '../failure.js';
import { inDatabaseAt } from '../in-database.js';
import { line, type Line } from '../text/line.js';
import { assessed } from './assess.js';

interface Flags extends LookingFlags {
  tables?: string[];
  app?: string;
  out?: string;
  databaseUrl?: string;
}

/** `generate <module>`: the schema of a module's service, from the catalogue of the monolith's database. */
export const generate = (program: Command, cli: Cli): Command =>
  looking(
    program,
    'generate <module>',
    "write the schema of a module's service, as the monolith's database has it",
    {
      'generate parcels --out parcels.sql': 'all tables of the schema parcels',
      'generate sessions --app .': 'the tables of the entities that assess finds in that module',
      'generate sessions --tables sessions audit.log': 'these tables',
    },
  )
    .option('--tables <names...>', 'the tables, with their schemas where that is needed')
    .option('--app <folder>', "the application's sources: the tables are those of the module's entities")
    .option('--out <file>', 'write it there; a file that was not made by this verb is left as it is')
    .option(
      '--database-url <url>',
      "the monolith's database (default DATABASE_URL; a password may come as PGPASSWORD)",
    )
    .addHelpText('after', `\n${about}`)
    .action(async (module: string, flags: Flags) => {
      const tables = wantedTables(module, flags);
      const generated = await inDatabase(cli, flags, (client) => schemaOf(client, module, tables));
      hand(cli, generated, flags);
    });

const about = `The text is the same as long as the catalogue is: keep the file in git, and a migration of the monolith shows in it.
Foreign keys to tables that stay, triggers, policies, grants, rules and functions are left out, and named in the file and on stderr.
Apply it to the service's empty database: psql -1 -v ON_ERROR_STOP=1 -f parcels.sql`;

function wantedTables(module: string, { tables, app }: Flags): readonly string[] | undefined {
  if (tables && app !== undefined) throw new Misuse('--tables and --app both name the tables: give one');
  if (app === undefined) return tables;
  const { modules } = assessed(app);
  const found = modules.find(({ name }) => name === module);
  if (!found) {
    const names = modules.map(({ name }) => name).join(', ') || 'none';
    throw new Failure(`assess finds no module ${module} in ${app} (it finds ${names})`);
  }
  if (found.tables.length === 0)
    throw new Failure(`${module} of ${app} has no entity: name its tables (--tables)`);
  return found.tables.map(({ name }) => name);
}

async function inDatabase<T>(
  cli: Cli,
  { databaseUrl }: Flags,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  if (databaseUrl !== undefined) {
    requireDatabaseUrl(databaseUrl);
    return inDatabaseAt(databaseUrl, work);
  }
  const found = await cli.access.inDatabase(work, (text) => cli.aside.print([line(text)]));
  if (found === undefined)
    throw new Failure('there is no database yet: set DATABASE_URL, or give --database-url');
  return found;
}

/** The toolkit is loaded when it is needed: no other verb is to wait for it. */
async function schemaOf(
  client: pg.Client,
  module: string,
  tables: readonly string[] | undefined,
): Promise<GeneratedSchema> {
  const { generateSchema } = await import('../../generate/generate.js');
  return generateSchema(client, module, tables && { tables }).catch((error: unknown) => {
    throw error instanceof GenerateError ? new Failure(error.message) : error;
  });
}

function hand(cli: Cli, generated: GeneratedSchema, { json, out }: Flags): void {
  if (out !== undefined) write(out, schemaFile(generated), firstLine(generated.module));
  if (json) return cli.out.json(generated);
  if (out === undefined) cli.out.stream.write(schemaFile(generated));
  else cli.out.print([line(`${out}: ${generated.tables.join(', ')}`)]);
  cli.aside.print(leftOutLines(generated));
}

function write(path: string, text: string, first: string): void {
  const before = textIn(path);
  if (before !== undefined && !before.startsWith(first))
    throw new Failure(`${path} is there, and was not made for this module by "generate": name another file`);
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new Failure(`${path} cannot be written: ${(error as Error).message}`);
  }
}

function textIn(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

const leftOutLines = ({ leftOut }: GeneratedSchema): Line[] =>
  leftOut.flatMap(({ kind, text, run }) => [
    line(`left out: ${kind} ${text}${run ? `; in the ${run.where}:` : ''}`, 'yellow'),
    ...(run ? run.sql.split('\n').map((one) => line(`    ${one}`, 'dim')) : []),
  ]);
