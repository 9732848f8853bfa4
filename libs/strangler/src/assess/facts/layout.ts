import type { ModuleFolder } from './module-folder.js';
import type { NestModule } from './nest-modules.js';

/** Folders that hold modules and are none, even where they hold a Nest module. */
const container =
  /^(|src|apps?|modules?|domains?|features?|libs?|packages|contexts?|core|server|api|backend)$/;
const root = /^(app|main|root|core)$/;

/**
 * Finds the folders that are modules: `src/<name>`, `src/modules/<name>` or others that hold a Nest module or entities. A
 * folder in which Nest modules lie side by side is one module for each.
 */
export function layoutOf(
  nest: readonly NestModule[],
  entityPaths: readonly string[],
): { folders: ModuleFolder[]; flat: ModuleFolder[] } {
  const folders: ModuleFolder[] = [];
  const flat: ModuleFolder[] = [];
  const marks = [...new Set([...nest.map(({ path }) => path), ...entityPaths])].filter(
    (path) => !isHidden(path),
  );
  const left = [''];
  for (let folder = left.shift(); folder !== undefined; folder = left.shift()) {
    const found = look(folder, nest, marks);
    if (found.isModule && !isFrame(found, nest, entityPaths)) {
      folders.push({ name: moduleName(found), folder, isNest: found.here.length > 0 || found.hasInner });
      continue;
    }
    const beside = found.here.filter((one) => !isRoot(one));
    flat.push(...beside.map(({ stem }) => ({ name: stem, folder: found.folder, isNest: true })));
    if (beside.length < 2 || found.hasInner) left.push(...found.kids);
  }
  return { folders: distinct(folders), flat: distinct(flat) };
}

interface Look {
  folder: string;
  name: string;
  /** Nest modules that lie right in it. */
  here: NestModule[];
  /** Folders right in it that hold Nest modules or entities. */
  kids: string[];
  /** There are Nest modules deeper. */
  hasInner: boolean;
  isModule: boolean;
}

function look(folder: string, nest: readonly NestModule[], marks: readonly string[]): Look {
  const here = nest.filter(({ path }) => folderIs(path, folder));
  const kids = childrenWith(marks, folder);
  const name = folder.slice(folder.lastIndexOf('/') + 1);
  const hasInner = kids.some((kid) => nest.some(({ path }) => path.startsWith(`${kid}/`)));
  const isAlone = !hasInner && here.length <= 1;
  const isModule = container.test(name)
    ? isAlone && (here.length === 1 || (kids.length === 0 && marks.some((path) => folderIs(path, folder))))
    : here.some(({ stem }) => similar(stem, name)) || isAlone || (here.length === 1 && !isRoot(here[0]!));
  return { folder, name, here, kids, hasInner, isModule };
}

/** It only puts the modules together: `src/app.module.ts` of an application whose modules lie elsewhere. */
const isFrame = (
  { folder, here }: Look,
  nest: readonly NestModule[],
  entityPaths: readonly string[],
): boolean =>
  here.length > 0 &&
  here.every(isRoot) &&
  !entityPaths.some((path) => path.startsWith(folder === '' ? '' : `${folder}/`)) &&
  nest.some((one) => !isRoot(one));

/** A folder that is called as many are called after what lies in it. */
const moduleName = ({ name, here: [first] }: Look): string =>
  container.test(name) ? (first?.stem ?? 'app') : name;

/** `user`, `users` and `User` are one; `category`, `categories`. */
export function similar(a: string, b: string): boolean {
  const plain = (text: string) =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9]/g, '')
      .replace(/ies$/, 'y')
      .replace(/(ss|x|ch|sh)es$/, '$1')
      .replace(/s$/, '');
  return plain(a) === plain(b) && plain(a) !== '';
}

const isRoot = ({ stem }: NestModule): boolean => root.test(stem);
const isHidden = (path: string): boolean => /(^|\/)\./.test(path);
const folderIs = (path: string, folder: string): boolean =>
  path.slice(0, Math.max(path.lastIndexOf('/'), 0)) === folder;

/** Folders right below one that hold any of the paths. */
function childrenWith(paths: readonly string[], folder: string): string[] {
  const start = folder === '' ? '' : `${folder}/`;
  const found = new Set<string>();
  for (const path of paths) {
    if (!path.startsWith(start)) continue;
    const rest = path.slice(start.length);
    if (rest.includes('/')) found.add(start + rest.slice(0, rest.indexOf('/')));
  }
  return [...found].sort();
}

/** Two folders of one name are called by their whole path. */
function distinct(folders: readonly ModuleFolder[]): ModuleFolder[] {
  return folders.map((one) =>
    folders.some((other) => other !== one && other.name === one.name) ? { ...one, name: nameIn(one) } : one,
  );
}

/** The folder, and the name in it where many share the folder. */
const nameIn = ({ name, folder }: ModuleFolder): string =>
  folder === name || folder.endsWith(`/${name}`) ? folder : `${folder}/${name}`;
