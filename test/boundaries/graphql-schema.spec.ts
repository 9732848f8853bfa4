import { readFileSync } from 'node:fs';
import { descriptions } from '../../libs/api/src/graphql/descriptions.js';
import { docstrings } from '../../tools/graphql/docstrings.js';
import { schemaFile, schemaText } from '../../tools/graphql/schema-files.js';

/* What would go wrong: clients build on a schema that is not the one that is served. `npm run -s docs:graphql` writes both files. */

it('the committed schema is that of the contracts', () => {
  expect(readFileSync(schemaFile, 'utf8')).toBe(schemaText());
});

it('what is described is what the docstrings say', () => {
  expect(descriptions).toEqual(docstrings('.'));
});
