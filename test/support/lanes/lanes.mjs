// In which lane a test file runs. Every *.spec.ts is in exactly one, by what it needs: nothing has to be registered.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** From the quickest to the slowest. */
export const laneNames = ['unit', 'db', 'process', 'full'];

/** Where a test may lie. */
export const sourceFolders = ['apps', 'bench', 'examples', 'libs', 'migrations', 'test', 'tools'];

/** An application with packages, tools and tests of its own. */
export const apart = 'examples/nest-app';

/** Every test file below `root`, with `/` between folders. */
export const specFiles = (root) =>
  sourceFolders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
      .filter((name) => name.endsWith('.spec.ts') && !name.startsWith(`${apart}/`)),
  );

/**
 * `full` by its name (`*.full.spec.ts`); `process` when it can start a process; `db` when it can make a database or
 * open an HTTP listener; else `unit`: pure rules. It can what it imports itself, or through test code; what the product imports does not count.
 */
export function laneOf(file, root) {
  if (file.endsWith('.full.spec.ts')) return 'full';
  const reached = reachedFrom(file, root);
  if (reached.has('node:child_process')) return 'process';
  return servers.some((name) => reached.has(name)) ? 'db' : 'unit';
}

/** A database, or a listener of one's own. */
const servers = ['test/support/postgres.ts', 'supertest', 'node:http', 'express'];

const testCode = /^(test\/|libs\/[^/]+\/src\/testing\/)/;
/** What is there at run time: types are gone by then. */
const imported = /(?:^|\n)(?:import|export)\s+(?!type\b)(?:[^;]*?\sfrom\s+)?'([^']+)'/g;

function reachedFrom(file, root) {
  const reached = new Set();
  const follow = (from) => {
    for (const [, name] of readFileSync(join(root, from), 'utf8').matchAll(imported)) {
      const to = resolve(from, name, root);
      if (reached.has(to)) continue;
      reached.add(to);
      if (testCode.test(to)) follow(to);
    }
  };
  follow(file);
  return reached;
}

/** The file that a relative import leads to; another name stays as it is. */
function resolve(from, name, root) {
  if (!name.startsWith('.')) return name === 'child_process' ? 'node:child_process' : name;
  const path = join(dirname(from), name).replaceAll('\\', '/');
  const source = path.replace(/\.js$/, '.ts');
  return existsSync(join(root, source)) ? source : path;
}
