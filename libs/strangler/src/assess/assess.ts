import type { AssessedModule, Assessment, Obstacle, LeftOut } from './assessment.js';
import { ts } from './compiler.js';
import { factsOf, type Facts } from './facts/facts.js';
import type { ModuleFolder } from './facts/module-folder.js';
import { callObstacles, callsAcross } from './judge/calls.js';
import type { Placed } from './judge/obstacles.js';
import { orderToGo } from './judge/order.js';
import { eventObstacles, ownObstacles, transactionObstacles } from './judge/others.js';
import { ownershipOf } from './judge/ownership.js';
import { relationObstacles } from './judge/relations.js';
import { rowObstacles } from './judge/rows.js';
import { effortOf } from './judge/rules.js';
import { tablesOf } from './judge/tables.js';
import type { Folder } from './read/folder.js';

/** The obstacles of greatest weight first; the order of the sources within a kind. */
const weight = (one: Obstacle): number => (one.blocks ? 100 : 0) + one.points;

/**
 * Says for each module of a Nest + TypeORM application what it would take to move it out. It reads texts alone, and never
 * throws for what it does not understand: that stands in `leftOut`. `loadCompiler` comes before it.
 *
 * @example
 * loadCompiler(folder);
 * const { modules, order } = assessSources(readFolder(folder));
 */
export function assessSources({ texts, leftOut: unread }: Folder): Assessment {
  if (ts === undefined) throw new Error('loadCompiler comes before assessSources');
  const leftOut: LeftOut[] = [...unread];
  const facts = factsOf(texts, leftOut);
  const obstacles = [
    ...transactionObstacles(facts),
    ...rowObstacles(facts),
    ...relationObstacles(facts),
    ...callObstacles(facts),
    ...eventObstacles(facts),
    ...ownObstacles(facts),
  ];
  const modules = facts.modules.list.map((module) => assessModule(facts, module, obstacles));
  modules.sort(byEffort);
  leftOut.sort((a, b) => (a.file === b.file ? (a.line ?? 0) - (b.line ?? 0) : a.file < b.file ? -1 : 1));
  return {
    version: 1,
    files: facts.project.sources.size,
    modules,
    order: orderToGo(modules),
    leftOut: unique(leftOut),
  };
}

/** Those with the least to do first; those that have nothing to move last. */
const byEffort = (a: AssessedModule, b: AssessedModule): number =>
  Number(a.tables.length === 0) - Number(b.tables.length === 0) ||
  a.effort.points - b.effort.points ||
  (a.name < b.name ? -1 : 1);

function assessModule(facts: Facts, { name, folder }: ModuleFolder, all: readonly Placed[]): AssessedModule {
  const entities = facts.entities.list.filter((entity) => facts.modules.ofEntity(entity) === name);
  const obstacles = all
    .filter(({ module }) => module === name)
    .map(({ module: _, ...finding }): Obstacle => finding)
    .sort((a, b) => weight(b) - weight(a));
  const callers = callsAcross(facts).filter(({ target }) => facts.modules.of(target.source.path) === name);
  const ports = facts.portCalls.filter(
    ({ contract, at }) => contract === name && facts.modules.of(at.file) !== name,
  );
  return {
    name,
    folder: folder === '' ? '.' : folder,
    tables: tablesOf(entities),
    ownership: ownershipOf(entities),
    callers: new Set([...callers, ...ports].map(({ class: one, at }) => `${at.file} ${one?.name}`)).size,
    obstacles,
    effort: effortOf(obstacles.reduce((sum, { points }) => sum + points, 0)),
  };
}

const unique = (list: readonly LeftOut[]): LeftOut[] => [
  ...new Map(list.map((one) => [`${one.file}:${one.line} ${one.why}`, one])).values(),
];
