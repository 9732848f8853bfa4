import { Maybe, ValidationError } from '#contracts';
import { IsIn, IsInt, Max, Min } from 'class-validator';
import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { phases, type Phase } from '../phase.js';
import { Shape } from '../shape.js';
import { defaultSettings, type ModuleWish } from './settings.js';
import { settingsOf, WrittenSettings } from './written-settings.js';

/** What `strangler.yaml` says of one module. */
class WrittenWish extends WrittenSettings {
  @IsIn(phases) phase: Phase;
  @Maybe() @IsInt() @Min(0) @Max(100) percent?: number;
}

/** `strangler.yaml` cannot be used as it is; the message names the place and what would be right. */
export class WishesError extends Error {}

/** What `strangler.yaml` wants of a module, and where it says so. */
export interface FileWish extends ModuleWish {
  /** The line of the module's name, from 1. */
  line: number;
}

/** Reads the text of `strangler.yaml`: the modules that stand in it. @throws {WishesError} */
export function parseWishes(text: string, modules: readonly string[]): Map<string, FileWish> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const wishes = modulesOf(document);
  const unknown = Object.keys(wishes).find((name) => !modules.includes(name));
  if (unknown)
    throw new WishesError(`modules.${unknown}: there is no such module (there are ${modules.join(', ')})`);
  return new Map(
    Object.entries(wishes).map(([name, value]) => [
      name,
      { ...wishOf(name, value), line: lineOf(document, name, lines) },
    ]),
  );
}

function modulesOf(document: Document): Record<string, unknown> {
  const [error] = document.errors;
  if (error) throw new WishesError(`no valid YAML: ${error.message.split('\n')[0]}`);
  const content: unknown = document.toJS();
  const mapping: unknown = content ?? {};
  const { modules = {}, ...rest } = isMapping(mapping) ? mapping : { modules: content };
  const surplus = Object.keys(rest)[0];
  if (surplus) throw new WishesError(`${surplus}: unknown; the file has one key, "modules"`);
  if (!isMapping(modules)) throw new WishesError('modules: must map module names to what you want of them');
  return modules;
}

function lineOf(document: Document, name: string, lines: LineCounter): number {
  const modules: unknown = document.get('modules', true);
  const pairs = isMap(modules) ? modules.items : [];
  const key = pairs.map((pair) => pair.key).find((each) => isScalar(each) && each.value === name);
  const offset = isScalar(key) ? key.range?.[0] : undefined;
  return lines.linePos(offset ?? 0).line;
}

function wishOf(name: string, value: unknown): ModuleWish {
  let wish: WrittenWish;
  try {
    wish = Shape.of(WrittenWish).parse(value);
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    throw new WishesError(`modules.${name}: ${error.problems.join('; ')}`);
  }
  requireReachable(name, wish);
  const { phase, percent = 0 } = wish;
  return { phase, percent: phase === 'shifting' ? percent : null, ...settingsOf(wish, defaultSettings) };
}

function requireReachable(name: string, { phase, percent }: WrittenWish): void {
  if (phase === 'decommissioned') {
    throw new WishesError(
      `modules.${name}.phase: there is no way back from decommissioned, so it is asked for by hand: npm run strangler -- decommission ${name} --confirm ${name}`,
    );
  }
  if (phase === 'shifting' && percent === undefined) {
    throw new WishesError(`modules.${name}.percent: shifting needs the share to shift to, in percent`);
  }
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
