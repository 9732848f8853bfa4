import type { LeftOut } from '../assessment.js';
import type { SourceText } from '../read/folder.js';
import { Project } from '../read/project.js';
import { placeOf } from '../read/syntax.js';
import { Classes } from './classes.js';
import { effectsIn, type Effect } from './effects.js';
import { Entities } from './entities.js';
import { signalsIn, type Signals } from './events.js';
import { hiddenInputs, writesBeforeThrows, type HiddenInput } from './hidden-input.js';
import { Modules } from './modules.js';
import { nestModules } from './nest-modules.js';
import { portCallsIn, type PortCall } from './ports.js';
import { Things } from './things.js';
import { transactionsIn, type Transaction } from './transactions.js';
import { usageIn, type RowAccess, type Usage } from './usage.js';

/** All that is known of an application before anything is judged. */
export interface Facts extends Usage, Signals {
  project: Project;
  classes: Classes;
  entities: Entities;
  modules: Modules;
  portCalls: PortCall[];
  transactions: Transaction[];
  effects: Effect[];
  hiddenInputs: HiddenInput[];
  writesBeforeThrows: RowAccess[];
}

/** Reads the facts from an application's texts; what it does not understand it adds to `leftOut`. */
export function factsOf(texts: readonly SourceText[], leftOut: LeftOut[]): Facts {
  const project = new Project(texts, leftOut);
  sayNaming(project);
  const classes = new Classes(project);
  const entities = new Entities(classes);
  const { modules: nest, tokens } = nestModules(classes, entities);
  const things = new Things(classes, entities, tokens);
  const usage = usageIn(classes, entities, things);
  return {
    project,
    classes,
    entities,
    modules: new Modules(nest, entities.list, leftOut),
    ...usage,
    ...signalsIn(classes, entities, things),
    portCalls: portCallsIn(classes),
    transactions: transactionsIn(classes, things, usage),
    effects: [...project.sources.values()].flatMap((source) => effectsIn(project, source)),
    hiddenInputs: hiddenInputs(classes, things),
    writesBeforeThrows: writesBeforeThrows(usage),
  };
}

/** Names that entities do not give are taken to be TypeORM's own. */
function sayNaming({ sources, leftOut }: Project): void {
  for (const { imports } of sources.values()) {
    const strategy = [...imports.values()].find(({ name }) => /NamingStrategy$/.test(name));
    if (!strategy) continue;
    const why = `${strategy.name}: names of tables and columns that entities do not give may be others`;
    leftOut.push({ ...placeOf(strategy.at), why });
  }
}
