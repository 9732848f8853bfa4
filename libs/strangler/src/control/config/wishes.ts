import { ValidationError } from '../../contract/errors.js';
import { Maybe } from '../../contract/fields.js';
import { IsIn, IsInt, Max, Min } from 'class-validator';
import { LineCounter, parseDocument, type Document } from 'yaml';
import { phases, policies, type Phase } from '../../routes/phase.js';
import { Schema } from '../../contract/schema.js';
import { nearest } from '../terms/nearest.js';
import { defaultSettings, type ModuleWish } from './settings.js';
import { checkedRoute, routeWishOf, WrittenRoute, type RouteWish } from './route-wishes.js';
import { settingKeys } from './setting-keys.js';
import { unknownKey } from './unknown-key.js';
import { settingsOf, WrittenSettings } from './written-settings.js';
import { offsetOf, type Path } from './yaml-path.js';

/** What `strangler.yaml` says of one module. */
export class WrittenWish extends WrittenSettings {
  @IsIn(phases) phase: Phase;
  @Maybe() @IsInt() @Min(0) @Max(100) percent?: number;
}

/**
 * `strangler.yaml` cannot be used as it is; the message says what would be right.
 *
 * @internal
 */
export class WishesError extends Error {
  constructor(
    message: string,
    /** Where it is wrong, from 1; null: nowhere in particular. */
    readonly line: number | null = null,
  ) {
    super(message);
  }
}

/** What `strangler.yaml` wants of a module, and where it says so. */
export interface FileWish extends ModuleWish {
  /** The line of the module's name, from 1. */
  line: number;
  /** By setting that the file names: where, such as `line 7` or `line 3 (defaults)`. */
  sources: Readonly<Record<string, string>>;
}

/** The keys of the file. */
export const topKeys = ['modules', 'edge', 'defaults'];

/**
 * What `strangler.yaml` wants.
 *
 * @internal
 */
export interface FileWishes {
  modules: ReadonlyMap<string, FileWish>;
  edge: readonly RouteWish[];
}

/**
 * Reads the text of `strangler.yaml`: the modules and the routes of the edge that stand in it. @throws {WishesError}
 *
 * @internal
 */
export function parseFile(text: string, modules: readonly string[]): FileWishes {
  return new Reader(text, modules).file();
}

/** The modules alone. The whole text is checked all the same. @throws {WishesError} */
export const parseWishes = (text: string, modules: readonly string[]): ReadonlyMap<string, FileWish> =>
  parseFile(text, modules).modules;

type Mapping = Record<string, unknown>;

/** Reads one text. */
class Reader {
  private readonly lines = new LineCounter();
  private readonly document: Document;

  constructor(
    text: string,
    private readonly modules: readonly string[],
  ) {
    this.document = parseDocument(text, { lineCounter: this.lines });
  }

  file(): FileWishes {
    const { modules, edge, defaults } = this.top();
    const base = this.checked(WrittenSettings, defaults, ['defaults']);
    for (const name of Object.keys(modules)) this.requireModule(name);
    return {
      modules: new Map(
        Object.entries(modules).map(([name, value]) => [name, this.wishOf(name, value, base)]),
      ),
      edge: this.routes(edge, base),
    };
  }

  private routes(edge: readonly unknown[], base: WrittenSettings): RouteWish[] {
    const routes: RouteWish[] = [];
    for (const [i, value] of edge.entries()) {
      const path = ['edge', String(i)];
      const written = this.checked(WrittenRoute, value, path);
      const problem = checkedRoute(written, routes);
      if (problem)
        this.refuse([...path, problem.key], `${path.join('.')}.${problem.key}: ${problem.message}`);
      routes.push({
        ...routeWishOf(written, settingsOf(base, defaultSettings)),
        line: this.lineOf([...path, 'path']),
      });
    }
    return routes;
  }

  private top(): { modules: Mapping; edge: readonly unknown[]; defaults: unknown } {
    const [error] = this.document.errors;
    if (error) {
      const [first = ''] = error.message.split('\n');
      throw new WishesError(
        `no valid YAML: ${first.replace(/:$/, '')}`,
        this.lines.linePos(error.pos[0]).line,
      );
    }
    const content: unknown = this.document.toJS();
    const mapping: unknown = content ?? {};
    const {
      modules = {},
      edge,
      defaults = {},
      ...rest
    } = isMapping(mapping) ? mapping : { modules: content };
    const surplus = Object.keys(rest)[0];
    if (surplus !== undefined) this.refuse([surplus], `${surplus}: unknown key${nearest(surplus, topKeys)}`);
    if (!isMapping(modules))
      return this.refuse(['modules'], 'modules: must map module names to what you want of them');
    if (!Array.isArray(edge ?? []))
      return this.refuse(['edge'], 'edge: must be a list of routes: - { path: /reports, upstreams: { … } }');
    return { modules, edge: (edge ?? []) as readonly unknown[], defaults };
  }

  private requireModule(name: string): void {
    if (this.modules.includes(name)) return;
    this.refuse(['modules', name], `modules.${name}: there is no such module${nearest(name, this.modules)}`);
  }

  private wishOf(name: string, value: unknown, base: WrittenSettings): FileWish {
    const path = ['modules', name];
    const wish = this.checked(WrittenWish, typeof value === 'string' ? { phase: value } : value, path);
    this.requireReachable(name, wish);
    const { phase, percent = 0, ...own } = wish;
    return {
      phase,
      percent: policies[phase].byShare ? percent : null,
      ...settingsOf(wish, settingsOf(base, defaultSettings)),
      line: this.lineOf(path),
      sources: { ...this.sourcesOf(base, ['defaults'], ' (defaults)'), ...this.sourcesOf(own, path) },
    };
  }

  private sourcesOf(written: WrittenSettings, path: Path, of = ''): Record<string, string> {
    const keys = settingKeys(written);
    return Object.fromEntries(
      keys.map((key) => [key, `line ${this.lineOf([...path, ...key.split('.')])}${of}`]),
    );
  }

  private checked<T>(shape: new () => T, value: unknown, path: string[]): T {
    const at = path.join('.');
    const surplus = unknownKey(shape, value);
    if (surplus) {
      const { key, inside, known } = surplus;
      this.refuse(
        [...path, ...inside, key],
        `${[at, ...inside].join('.')}: unknown key ${key}${nearest(key, known)}`,
      );
    }
    try {
      return Schema.of(shape).parse(value);
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      const [field = ''] = /^[\w.]*/.exec(error.problems[0] ?? '') ?? [];
      return this.refuse([...path, ...field.split('.')], `${at}: ${error.problems.join('; ')}`);
    }
  }

  private requireReachable(name: string, { phase, percent }: WrittenWish): void {
    const at = ['modules', name];
    const { ended, byShare } = policies[phase];
    if (ended) {
      this.refuse(
        [...at, 'phase'],
        `modules.${name}.phase: there is no way back from ${phase}, so it is asked for by hand: strangler decommission ${name} --confirm ${name}`,
      );
    }
    if (byShare && percent == null) {
      this.refuse(
        [...at, 'phase'],
        `modules.${name}.percent: ${phase} needs the share to shift to, in percent`,
      );
    }
    if (!byShare && percent != null) {
      this.refuse(
        [...at, 'percent'],
        `modules.${name}.percent: only the phase shifting takes a share, not ${phase}`,
      );
    }
  }

  private refuse(path: Path, message: string): never {
    throw new WishesError(message, this.lineOf(path));
  }

  private lineOf(path: Path): number {
    return this.lines.linePos(offsetOf(this.document, path)).line;
  }
}

const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
