import type { AssessedModule, Assessment, ObstacleKind } from './assessment.js';
import { assessSources } from './assess.js';
import { loadCompiler } from './compiler.js';

/** Assesses sources that lie in memory, by their paths. */
export function assessTexts(sources: Readonly<Record<string, string>>): Assessment {
  loadCompiler('.');
  const texts = Object.entries(sources).map(([path, text]) => ({ path, text }));
  return assessSources({ texts, leftOut: [] });
}

/** One module of an assessment. @throws where there is none of the name. */
export function moduleIn({ modules }: Assessment, name: string): AssessedModule {
  const found = modules.find((module) => module.name === name);
  if (!found) throw new Error(`no module ${name}: there are ${modules.map((one) => one.name).join(', ')}`);
  return found;
}

/** What stands between a module and its move, of one kind: `text (file:line)`. */
export const textsOf = (assessment: Assessment, module: string, kind: ObstacleKind): string[] =>
  moduleIn(assessment, module)
    .obstacles.filter((obstacle) => obstacle.kind === kind)
    .map(({ text, at }) => `${text} (${at.map(({ file, line }) => `${file}:${line}`).join(', ')})`);
