import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { descriptionsFile, descriptionsText, schemaFile, schemaText } from './graphql/schema-files.js';

// Writes what docstrings say, and the schema with it: run it once more after it has changed the first.
writeFileSync(descriptionsFile, descriptionsText('.'));
execFileSync('npx', ['prettier', '--write', '--log-level', 'silent', descriptionsFile]);
writeFileSync(schemaFile, schemaText());
