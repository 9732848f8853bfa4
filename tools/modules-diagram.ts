import { readFileSync, writeFileSync } from 'node:fs';
import { modulesDiagram } from './modules/diagram.js';

// Writes the diagram of the modules or, with --check, fails when it is no longer what the code says.
const file = 'docs/modules.mmd';
const diagram = modulesDiagram('.');

if (!process.argv.includes('--check')) {
  writeFileSync(file, diagram);
} else if (readFileSync(file, 'utf8') !== diagram) {
  console.error(`${file} is not what the code says any more: run npm run docs:modules`);
  process.exitCode = 1;
}
