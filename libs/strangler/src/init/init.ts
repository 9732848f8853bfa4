import { loadCompiler } from '../assess/compiler.js';
import { folderOf } from '../assess/read/aliases.js';
import { readFolder, type SourceText } from '../assess/read/folder.js';
import { readApplication, type FoundApplication } from './application.js';
import { editModule, importLine, styleOf, type Addition, type CodeStyle } from './edit-module.js';
import type { InitPlan } from './init-plan.js';
import { serviceFile, settingsFile, wishesFile } from './texts.js';

/**
 * Says what brings the toolkit into the Nest and TypeORM application of a folder: its root module's file with `StranglerModule` in it,
 * contracts and settings, the entry of its services, and `strangler.yaml`. It reads sources, and writes nothing.
 * @throws {InitError} where that is no such application.
 * @throws {CompilerMissing} where there is no TypeScript compiler.
 *
 * @example
 * ```ts
 * const { files, edit, next } = planInit('../clinic');
 * ```
 */
export function planInit(folder: string): InitPlan {
  loadCompiler(folder);
  return planInitOf(readFolder(folder).texts);
}

/** The same of texts. `loadCompiler` comes before it. */
export function planInitOf(texts: readonly SourceText[]): InitPlan {
  const application = readApplication(texts);
  const { root, isEsm, modules, contracts } = application;
  const { path, file } = root.source;
  const style = styleOf(file, isEsm);
  const beside = folderOf(path);
  const served = modules.flatMap(({ name, hasTables, nest }) =>
    nest && (hasTables || contracts.has(name))
      ? [{ name, className: nest.name, from: relative(beside, nest.path) + style.ending }]
      : [],
  );
  const at = (name: string) => (beside === '' ? name : `${beside}/${name}`);
  return {
    root: { name: root.name, path },
    files: [
      { path: at('strangler.ts'), text: textOf(settingsFile(style), style) },
      { path: at('service.ts'), text: textOf(serviceFile(served, style), style) },
      { path: 'strangler.yaml', text: textOf(wishesFile(modules, contracts), style) },
    ],
    ...changeOf(application, style),
    served: served.map(({ name }) => name),
    next: nextSteps(application, at('strangler.ts')),
  };
}

const textOf = (lines: readonly string[], { newline }: CodeStyle): string =>
  lines.map((line) => line + newline).join('');

function changeOf({ root }: FoundApplication, style: CodeStyle): Pick<InitPlan, 'edit' | 'paste'> {
  const { path, file } = root.source;
  if (/\bStranglerModule\b/.test(file.text)) return { edit: null, paste: null };
  const addition: Addition = {
    imports: [
      { names: 'StranglerModule', from: 'nestjs-strangler' },
      { names: 'contracts, settings', from: `./strangler${style.ending}` },
    ],
    element: `StranglerModule.forRootAsync({ side: ${style.quote}monolith${style.quote}, contracts, useFactory: settings })`,
  };
  const edited = editModule(root, addition, style);
  if ('text' in edited) return { edit: { path, text: edited.text }, paste: null };
  const lines = [
    ...addition.imports.map((one) => importLine(one, style)),
    '',
    `// among the imports of ${root.name}:`,
    `${addition.element},`,
  ];
  return { edit: null, paste: { path, why: edited.why, text: lines.join('\n') } };
}

function nextSteps({ dependencies, opensDataSource }: FoundApplication, settings: string): string[] {
  const missing = ['nestjs-strangler', '@nestjs/microservices', 'pg'].filter(
    (name) => !dependencies.has(name),
  );
  return [
    ...(missing.length > 0 ? [`install what is missing: npm install ${missing.join(' ')}`] : []),
    ...(opensDataSource
      ? []
      : [`no file has TypeOrmModule.forRoot: name the data source's token as \`database\` of forRootAsync`]),
    'make the schema of the toolkit in the database: `migrate(client)` of nestjs-strangler/migrate, before the own migrations',
    'see which module may leave first: npx strangler assess .',
    `give that module a contract, put it into \`contracts\` of ${settings}, and its line under \`modules\` of strangler.yaml`,
    'write the schema of its service: npx strangler generate <module> --app . --out <module>.sql',
  ];
}

/** `./sessions/sessions.module` of `src` and `src/sessions/sessions.module.ts`. */
function relative(from: string, path: string): string {
  const target = path.replace(/\.[cm]?tsx?$/, '').split('/');
  const start = from === '' ? [] : from.split('/');
  let same = 0;
  while (same < start.length && start[same] === target[same]) same++;
  const up = start.slice(same).map(() => '..');
  return [...(up.length > 0 ? up : ['.']), ...target.slice(same)].join('/');
}
