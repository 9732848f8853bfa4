import { readdirSync } from 'node:fs';
import { callsIn, contractsIn, eventsIn, type ContractFacts } from './calls.js';

/**
 * The shop's modules as Mermaid text, read from the contracts and the modules' code below `root`: who calls whom, and (dotted) who hears of whose
 * events. What a module says to itself is left out.
 */
export function modulesDiagram(root: string): string {
  const contracts = contractsIn(`${root}/libs/contracts/src`);
  const lines = [...contracts.values()].map(
    ({ name, ownership }) => `  ${name}["${name}<br/><i>${ownership}</i>"]`,
  );
  const folder = `${root}/libs/domain/src`;
  for (const module of readdirSync(folder).sort()) {
    for (const [callee, operations] of callsIn(`${folder}/${module}`, contracts)) {
      if (callee.name === module) continue;
      const labels = [...operations].map((name) => withUndo(name, callee.undo.get(name)));
      lines.push(`  ${module} -- "${labels.join('<br/>')}" --> ${callee.name}`);
    }
  }
  for (const contract of contracts.values())
    lines.push(...heard(contract, eventsIn(`${root}/libs/contracts/src`)));
  return [
    '%% Written by "npm run docs:modules"; checked by "npm run check".',
    'flowchart LR',
    ...lines,
    '',
  ].join('\n');
}

function heard({ name, hears }: ContractFacts, events: ReadonlyMap<string, string>): string[] {
  const byPublisher = new Map<string, string[]>();
  for (const variable of hears) {
    const [publisher = '', what = ''] = (events.get(variable) ?? '').split('.');
    if (publisher === '') throw new Error(`${name} hears of ${variable}, which is no event`);
    if (publisher !== name) byPublisher.set(publisher, [...(byPublisher.get(publisher) ?? []), what]);
  }
  return [...byPublisher].map(([publisher, what]) => `  ${publisher} -. "${what.join('<br/>')}" .-> ${name}`);
}

const withUndo = (operation: string, undo: string | undefined): string =>
  undo === undefined ? operation : `${operation} (undo: ${undo})`;
