import { readdirSync } from 'node:fs';
import { callsIn, contractsIn } from './calls.js';

/** The shop's modules and their calls as Mermaid text, read from the contracts and the modules' code below `root`. */
export function modulesDiagram(root: string): string {
  const contracts = contractsIn(`${root}/libs/contracts/src`);
  const lines = [...contracts.values()].map(
    ({ name, ownership }) => `  ${name}["${name}<br/><i>${ownership}</i>"]`,
  );
  const folder = `${root}/libs/domain/src`;
  for (const module of readdirSync(folder).sort()) {
    for (const [callee, operations] of callsIn(`${folder}/${module}`, contracts)) {
      const labels = [...operations].map((name) => withUndo(name, callee.undo.get(name)));
      lines.push(`  ${module} -- "${labels.join('<br/>')}" --> ${callee.name}`);
    }
  }
  return [
    '%% Written by "npm run docs:modules"; checked by "npm run check".',
    'flowchart LR',
    ...lines,
    '',
  ].join('\n');
}

const withUndo = (operation: string, undo: string | undefined): string =>
  undo === undefined ? operation : `${operation} (undo: ${undo})`;
