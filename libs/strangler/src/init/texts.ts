import { stringify } from 'yaml';
import type { FoundModule } from './application.js';
import type { CodeStyle } from './edit-module.js';

/** Contracts and settings, for the monolith and for its services. */
export const settingsFile = ({ quote: q, end }: CodeStyle): string[] => [
  `import type { WiringOptions } from ${q}nestjs-strangler${q}${end}`,
  `import type { Contract } from ${q}nestjs-strangler/contract${q}${end}`,
  '',
  '/** What modules say to each other. A module that has its contract here can leave. */',
  `export const contracts: Contract[] = []${end}`,
  '',
  '/** Without NATS_URL all modules are in this process, and none can leave; without ADMIN_TOKEN it has no admin API. */',
  'export function settings(): WiringOptions {',
  `  const { NATS_URL: nats, ADMIN_PORT: port, ADMIN_TOKEN: token } = process.env${end}`,
  `  return { nats: nats || undefined, admin: token ? { port: Number(port ?? 3001), token } : undefined }${end}`,
  '}',
];

/** The entry of every service: `MODULE` says which module this process serves. */
export function serviceFile(
  modules: readonly { name: string; className: string; from: string }[],
  { quote: q, end, ending }: CodeStyle,
): string[] {
  const loaders = modules.map(
    ({ name, className, from }) =>
      `  ${property(name, q)}: async () => (await import(${q}${from}${q})).${className},`,
  );
  return [
    `import type { Type } from ${q}@nestjs/common${q}${end}`,
    `import { runService } from ${q}nestjs-strangler/service${q}${end}`,
    `import { contracts } from ${q}./strangler${ending}${q}${end}`,
    '',
    '/** Modules that can run as a service, by the names of their contracts. One is loaded: that which MODULE names. */',
    'const modules: Record<string, () => Promise<Type>> = {',
    ...loaders,
    `}${end}`,
    '',
    'async function main(name: string): Promise<void> {',
    `  const load = modules[name]${end}`,
    `  if (!load) throw new Error(\`MODULE=\${name}: expected one of \${Object.keys(modules).join(${q}, ${q})}\`)${end}`,
    `  await runService(await load(), { contracts })${end}`,
    '}',
    '',
    `const { MODULE: name = ${q}${q} } = process.env${end}`,
    `main(name).catch((error: unknown) => {`,
    `  console.error(error instanceof Error ? error.message : error)${end}`,
    `  process.exitCode = 1${end}`,
    `})${end}`,
  ];
}

const property = (name: string, q: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(name) ? name : `${q}${name}${q}`;

/** Each module at `monolith`. One that has no contract yet would be refused as unknown, so it stands there as a comment. */
export function wishesFile(modules: readonly FoundModule[], contracts: ReadonlySet<string>): string[] {
  const moving = modules.filter(({ hasTables, name }) => hasTables || contracts.has(name));
  const line = ({ name }: FoundModule) => `  ${stringify(name).trim()}: { phase: monolith }`;
  const known = moving.filter(({ name }) => contracts.has(name)).map(line);
  const others = moving.filter(({ name }) => !contracts.has(name)).map((one) => `#${line(one)}`);
  return [
    '# Where each module is to be: monolith, dual-write, shadow, shifting (with percent), extracted. Change a word and save:',
    '# the running application goes there, gate by gate. What is left out is steered by the command line.',
    known.length > 0 ? 'modules:' : 'modules: {}',
    ...known,
    ...(others.length > 0 ? ['# These can stand there once they have a contract.', ...others] : []),
  ];
}
