import type t from 'typescript';
import { ts } from '../assess/compiler.js';
import type { ClassFact } from '../assess/facts/classes.js';
import { factsOf, type Facts } from '../assess/facts/facts.js';
import { similar } from '../assess/facts/layout.js';
import { tablesOf } from '../assess/judge/tables.js';
import type { SourceText } from '../assess/read/folder.js';
import { nodesIn } from '../assess/read/syntax.js';
import { InitError } from './init-plan.js';

/** A module of the application. */
export interface FoundModule {
  name: string;
  /** It has tables: only such a module moves. */
  hasTables: boolean;
  /** The exported class with `@Module`; undefined where it cannot be told. */
  nest: { name: string; path: string } | undefined;
}

/** What `init` has to know of an application. */
export interface FoundApplication {
  facts: Facts;
  root: ClassFact;
  modules: FoundModule[];
  /** Names of contracts that are there already. */
  contracts: Set<string>;
  isEsm: boolean;
  /** Packages that it names. */
  dependencies: Set<string>;
  /** Some file opens a data source by `TypeOrmModule.forRoot`. */
  opensDataSource: boolean;
}

/** Reads what there is. @throws {InitError} where it is no application of Nest and TypeORM, or where several are. */
export function readApplication(texts: readonly SourceText[]): FoundApplication {
  const { dependencies, isEsm } = readPackage(texts);
  const facts = factsOf(texts, []);
  const nest = [...facts.classes.all.values()].filter(isModule);
  if (nest.length === 0) throw new InitError('no Nest application: no class in this folder has @Module');
  const root = rootOf(facts, nest);
  return {
    facts,
    root,
    modules: modulesOf(facts, nest, root),
    contracts: contractsIn(facts),
    isEsm,
    dependencies,
    opensDataSource: texts.some(({ text }) => /\bTypeOrmModule\s*\.\s*forRoot/.test(text)),
  };
}

function readPackage(texts: readonly SourceText[]): Pick<FoundApplication, 'dependencies' | 'isEsm'> {
  const found = texts.find(({ path }) => path === 'package.json');
  if (!found) throw new InitError('no Nest application: there is no package.json in this folder');
  const read = ts.parseConfigFileTextToJson(found.path, found.text).config as Partial<
    Record<'dependencies' | 'devDependencies' | 'type', unknown>
  > | null;
  const names = [read?.dependencies, read?.devDependencies].flatMap((all) => Object.keys(all ?? {}));
  const dependencies = new Set(names);
  const missing = ['@nestjs/core', 'typeorm'].filter((name) => !dependencies.has(name));
  if (missing.length > 0)
    throw new InitError(
      `no application of Nest and TypeORM: package.json does not name ${missing.join(' and ')}`,
    );
  return { dependencies, isEsm: read?.type === 'module' };
}

const isModule = ({ decorations }: ClassFact): boolean =>
  decorations.some(({ from, name }) => from === '@nestjs/common' && name === 'Module');

/** What `NestFactory.create` is given in a file of the folder. */
function rootOf({ classes, project }: Facts, nest: readonly ClassFact[]): ClassFact {
  const started = new Set<ClassFact>();
  for (const { file } of project.sources.values()) {
    for (const node of nodesIn(file)) {
      if (
        !ts.isCallExpression(node) ||
        !/^NestFactory\.create(Microservice)?$/.test(node.expression.getText())
      )
        continue;
      const one = classes.named(node.arguments[0]);
      if (one && nest.includes(one)) started.add(one);
    }
  }
  const [only, ...more] = started;
  if (only && more.length === 0) return only;
  const names = (started.size > 0 ? [...started] : nest).map(
    ({ name, source }) => `${name} (${source.path})`,
  );
  throw new InitError(
    started.size > 0
      ? `several applications start in this folder, with ${names.join(', ')}: name the folder of one of them`
      : `no file calls NestFactory.create with a class of this folder, so which module is the first cannot be told; there are ${names.join(', ')}`,
  );
}

function modulesOf({ modules, entities }: Facts, nest: readonly ClassFact[], root: ClassFact): FoundModule[] {
  return modules.list
    .filter(({ name, isNest }) => isNest && name !== modules.of(root.source.path))
    .map(({ name }) => {
      const own = nest.filter(({ source }) => modules.of(source.path) === name);
      const called = own.filter((one) =>
        similar(one.name.replace(/Module$/, ''), name.slice(name.lastIndexOf('/') + 1)),
      );
      const [only, ...more] = (called.length > 0 ? called : own).filter(isExported);
      return {
        name,
        hasTables: tablesOf(entities.list.filter((entity) => modules.ofEntity(entity) === name)).length > 0,
        nest: only && more.length === 0 ? { name: only.name, path: only.source.path } : undefined,
      };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const isExported = ({ name, node, source }: ClassFact): boolean => {
  const found = source.exports.get(name);
  return found !== undefined && 'local' in found && (found.local === node || isNamed(found.local, name));
};
const isNamed = (node: t.Node, name: string): boolean => ts.isIdentifier(node) && node.text === name;

/** Of `contract('name', …)` and `serviceContract('name', …)`. */
function contractsIn({ project }: Facts): Set<string> {
  const names = new Set<string>();
  for (const { file } of project.sources.values()) {
    for (const node of nodesIn(file)) {
      if (!ts.isCallExpression(node)) continue;
      const made = project.meaning(node.expression);
      const name = project.literal(node.arguments[0]);
      if (made?.kind === 'package' && /^(contract|serviceContract)$/.test(made.name) && name !== undefined)
        names.add(name);
    }
  }
  return names;
}
