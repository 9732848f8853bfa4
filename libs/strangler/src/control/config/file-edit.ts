import { isDeepStrictEqual } from 'node:util';
import type { Phase } from '../../routes/phase.js';
import { settingKeys } from './setting-keys.js';
import type { ModuleSettings } from './settings.js';
import { parseFile, parseWishes, type FileWish } from './wishes.js';
import { settingsOf, type WrittenSettings } from './written-settings.js';
import { deleteIn, isScalarIn, setIn, UneditableError } from './yaml-edit.js';

/** What an operator wants the file to say of a module. */
export interface FileChange {
  module: string;
  phase: Phase;
  /** Only for `shifting`. */
  percent: number | null;
  settings: WrittenSettings;
}

/** A text that says so, and what was changed in it. */
export interface FileEdit {
  text: string;
  /** The first line that changes, from 1. */
  line: number;
  before: string;
  after: string;
}

/**
 * Changes what the text says of one module, and nothing else. Pure. Undefined: it cannot be done without touching more (the
 * module is an alias of another, for instance): what comes out is read again and compared with what was wanted.
 */
export function editOf(text: string, modules: readonly string[], change: FileChange): FileEdit | undefined {
  try {
    const next = edited(text, change);
    return saysOnly(change, parseWishes(text, modules), parseWishes(next, modules))
      ? { text: next, ...difference(text, next) }
      : undefined;
  } catch (error) {
    if (error instanceof UneditableError) return undefined;
    throw error;
  }
}

/**
 * What an operator wants the file to say of one route of the edge.
 *
 * @internal
 */
export interface RouteFileChange {
  /** Its path, as the file writes it. */
  module: string;
  percent: number;
}

/**
 * {@link editOf} for a route's share.
 *
 * @internal
 */
export function routeEditOf(
  text: string,
  modules: readonly string[],
  { module: path, percent }: RouteFileChange,
): FileEdit | undefined {
  const routesIn = (from: string) => parseFile(from, modules).edge.map(({ line: _line, ...route }) => route);
  try {
    const before = routesIn(text);
    const index = before.findIndex((route) => route.path === path);
    const next = setIn(text, ['edge', String(index), 'percent'], String(percent));
    const wanted = before.map((route, i) => (i === index ? { ...route, percent } : route));
    return isDeepStrictEqual(wanted, routesIn(next)) ? { text: next, ...difference(text, next) } : undefined;
  } catch (error) {
    if (error instanceof UneditableError) return undefined;
    throw error;
  }
}

function edited(text: string, { module, phase, percent, settings }: FileChange): string {
  const path = ['modules', module];
  let next = withPhase(deleteIn(text, [...path, 'percent']), path, phase);
  if (percent !== null) next = setIn(next, [...path, 'percent'], String(percent));
  for (const key of settingKeys(settings)) {
    const [name = '', limit] = key.split('.');
    const value = settings[name as keyof WrittenSettings];
    if (limit === undefined) next = setIn(next, [...path, name], flow(value));
    else next = withLimit(next, path, limit, (value as Record<string, unknown>)[limit]);
  }
  return next;
}

/** In the short form, or where the phase stands. */
const withPhase = (text: string, path: string[], phase: Phase): string =>
  setIn(text, isScalarIn(text, path) ? path : [...path, 'phase'], phase);

function withLimit(text: string, path: string[], limit: string, value: unknown): string {
  try {
    return setIn(text, [...path, 'gates', limit], flow(value));
  } catch (error) {
    if (!(error instanceof UneditableError)) throw error;
    return setIn(text, [...path, 'gates'], `{ ${limit}: ${flow(value)} }`);
  }
}

/** A value in one line of YAML. */
const flow = (value: unknown): string =>
  typeof value === 'string' && /^[\w.-]+$/.test(value) ? value : JSON.stringify(value).replaceAll(',', ', ');

function saysOnly(
  { module, phase, percent, settings }: FileChange,
  before: ReadonlyMap<string, FileWish>,
  after: ReadonlyMap<string, FileWish>,
): boolean {
  const was = before.get(module);
  if (!was) return false;
  const wanted = new Map(before).set(module, { ...was, ...settingsOf(settings, was), phase, percent });
  return isDeepStrictEqual(essence(wanted), essence(after));
}

/** Without lines: those move. */
const essence = (wishes: ReadonlyMap<string, FileWish>) =>
  [...wishes].map(([module, { line: _line, sources: _sources, ...wish }]): [string, ModuleSettings] => [
    module,
    wish,
  ]);

function difference(before: string, after: string): Omit<FileEdit, 'text'> {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const same = old.findIndex((line, i) => line !== now[i]);
  const from = same < 0 ? old.length : same;
  let tail = 0;
  while (tail < Math.min(old.length, now.length) - from && old.at(-1 - tail) === now.at(-1 - tail)) tail++;
  const part = (lines: string[]) =>
    lines
      .slice(from, lines.length - tail)
      .map((line) => line.trim())
      .join(' / ');
  return { line: from + 1, before: part(old), after: part(now) };
}
