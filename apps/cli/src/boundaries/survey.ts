import type { Contract } from 'nestjs-strangler/contract';
import { edge, type CallGraph } from './callers.js';
import { operationsOf } from './contracts.js';
import { costOf } from './cost.js';
import type { DatabaseFacts } from './database.js';
import type { Boundary, Caller, LiveFacts } from './facts.js';

/** What is known; a database and a running shop are welcome and not needed. */
export interface Sources {
  contracts: readonly Contract[];
  graph: CallGraph;
  database: DatabaseFacts | undefined;
  live: ReadonlyMap<string, LiveFacts> | undefined;
}

/** Puts together what is known of every module. */
export function survey({ contracts, graph, database, live }: Sources): Boundary[] {
  return contracts.map((contract) => {
    const { name, ownership } = contract;
    const known: Omit<Boundary, 'cost'> = {
      module: name,
      ownership,
      operations: operationsOf(contract),
      calledBy: callersOf(graph, name),
      calls: [...(graph.get(name) ?? [])].map(([callee, operations]) => ({
        name: callee,
        operations: [...operations],
      })),
      tables:
        database?.tables.filter(({ schema }) => schema === name).map(({ schema: _, ...table }) => table) ??
        null,
      crossings:
        database?.crossings
          .filter(({ from, to }) => from === name || to === name)
          .map(({ what, needs }) => ({ what, needs })) ?? null,
      live: live?.get(name) ?? null,
    };
    return { ...known, cost: costOf(known) };
  });
}

/** The edge first: it is on its way in for every customer. */
function callersOf(graph: CallGraph, module: string): Caller[] {
  const callers = [...graph].flatMap(([caller, callees]) => {
    const operations = callees.get(module);
    return operations ? [{ name: caller, operations: [...operations] }] : [];
  });
  return callers.sort((a, b) => Number(b.name === edge) - Number(a.name === edge));
}
