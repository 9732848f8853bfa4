import { lexicographicSortSchema, printSchema } from 'graphql';
import { schemaOfContracts } from '#api';
import { docstrings } from './docstrings.js';

/** What clients of GraphQL may rely on, as it is committed. */
export const schemaFile = 'docs/schema.graphql';
/** What docstrings say, for a program that has no sources. */
export const descriptionsFile = 'libs/api/src/graphql/descriptions.ts';

/** The text of {@link descriptionsFile}. */
export function descriptionsText(root: string): string {
  const entries = Object.entries(docstrings(root)).sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = entries.map(([name, text]) => `  ${keyOf(name)}: ${JSON.stringify(text)},`);
  return [
    '/* Made of docstrings by `npm run -s docs:graphql`. */',
    '/** What a class, a field or an operation is. */',
    'export const descriptions: Readonly<Record<string, string>> = {',
    ...lines,
    '};',
    '',
  ].join('\n');
}

const keyOf = (name: string): string => (/^\w+$/.test(name) ? name : `'${name}'`);

/** The text of {@link schemaFile}. */
export const schemaText = (): string => `${printSchema(lexicographicSortSchema(schemaOfContracts()))}\n`;
