import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './tree.js';

const folders = ['apps', 'bench', 'examples', 'libs', 'migrations', 'test', 'tools'];
const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
const config = join(root, '.dependency-cruiser.cjs');

interface Report {
  modules: { source: string; dependencies: { resolved: string }[] }[];
  summary: {
    violations: { from: string; to: string; rule: { name: string } }[];
    ruleSetUsed: { forbidden: { name: string }[] };
  };
}

/** What dependency-cruiser saw in a tree, and every violation. Edges are `file -> file`. */
export interface Cruise {
  rules: string[];
  files: string[];
  edges: string[];
  violations: { rule: string; from: string; to: string }[];
}

/** Runs `npm run check:boundaries`' program, in a process of its own as Jest cannot load it. */
export async function cruise(folder: string): Promise<Cruise> {
  const present = folders.filter((name) => existsSync(join(folder, name)));
  const args = [program, '--config', config, '--output-type', 'json', ...present];
  // Its exit code is the number of violations, so only output that is no report is a failure.
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
    cwd: folder,
    maxBuffer: 64 * 2 ** 20,
  }).catch((failed: unknown) => failed as { stdout: string; stderr: string });
  if (!stdout.startsWith('{')) throw new Error(stderr);
  const { modules, summary } = JSON.parse(stdout) as Report;
  const own = modules.filter(({ source }) => folders.includes(source.split('/')[0] ?? ''));
  return {
    rules: summary.ruleSetUsed.forbidden.map(({ name }) => name).sort(),
    files: own.map(({ source }) => source),
    edges: own.flatMap(({ source, dependencies }) =>
      dependencies.map(({ resolved }) => `${source} -> ${resolved}`),
    ),
    violations: summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
  };
}
