/**
 * What a module's tables have and the service's schema has not.
 *
 * @example
 * ```ts
 * const text = ({ kind, text, run }: LeftOutOfSchema) => `${kind}: ${text}${run ? `; in the ${run.where}: ${run.sql}` : ''}`;
 * ```
 */
export interface LeftOutOfSchema {
  kind:
    | 'foreign key'
    | 'trigger'
    | 'policy'
    | 'grant'
    | 'rule'
    | 'view'
    | 'default'
    | 'constraint'
    | 'index'
    | 'sequence'
    | 'toolkit';
  /** A sentence that names it. */
  text: string;
  /** What to run about it, and in whose database; null: nothing, or it is for people to decide. */
  run: { where: 'monolith' | 'service'; sql: string } | null;
}

/**
 * The schema of a service.
 *
 * @example
 * ```ts
 * const applied = async ({ sql }: GeneratedSchema) => client.query(sql); // in the service's database, which is empty
 * ```
 */
export interface GeneratedSchema {
  module: string;
  /** Its tables with their schemas, quoted where SQL needs it. */
  tables: string[];
  /** Statements for an empty database; the same for the same catalogue. */
  sql: string;
  leftOut: LeftOutOfSchema[];
}

/**
 * The schema cannot be made as it is; `problems` names all reasons, each with what to do.
 *
 * @example
 * ```ts
 * const reasons = (error: unknown) => (error instanceof GenerateError ? error.problems : []);
 * ```
 */
export class GenerateError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/**
 * How the file begins; `generate` overwrites no other.
 *
 * @example
 * ```ts
 * const isGenerated = (text: string, module: string) => text.startsWith(firstLine(module));
 * ```
 */
export const firstLine = (module: string): string =>
  `-- The tables of ${oneLine(module)}, for the database of its service. Made by "strangler generate": change the monolith, and make it anew.`;

/**
 * The file: what to run in the service's database, and below it, as comments, what is left out.
 *
 * @example
 * ```ts
 * const write = (generated: GeneratedSchema) => writeFile(`${generated.module}.sql`, schemaFile(generated));
 * ```
 */
export function schemaFile({ module, sql, leftOut }: GeneratedSchema): string {
  const named =
    leftOut.length === 0 ? ['-- Left out: nothing.'] : ['-- Left out:', ...leftOut.flatMap(comment)];
  return [firstLine(module), about, '', sql, ...named, ''].join('\n');
}

const about = `-- For an empty database, as one transaction. Left to that database, and not named below: owners, tablespaces, storage parameters, statistics,
-- replica identities, comments on constraints and indexes.`;

const comment = ({ kind, text, run }: LeftOutOfSchema): string[] => [
  `-- - ${kind}: ${oneLine(text)}${run ? `; in the ${run.where}:` : ''}`,
  ...(run ? run.sql.split('\n').map((line) => `--     ${line}`) : []),
];

/** A name may hold a line's end: what follows it would be no comment any more. */
const oneLine = (text: string): string => text.replace(/\s*[\r\n]+\s*/g, ' ');
