import { List, Maybe, Nested, ValidationError } from '#contracts';
import { IsArray, IsIn, IsInt, IsNumber, IsString, Length, Matches, Max, Min } from 'class-validator';
import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { phases, type Phase } from '../phase.js';
import { Shape } from '../shape.js';
import { defaultSettings, type ModuleWish } from './settings.js';

class Gates {
  @Maybe() @IsInt() @Min(1) lagMs?: number;
  @Maybe() @IsNumber() @Min(0) @Max(1) mismatchRate?: number;
  @Maybe() @IsNumber() @Min(0) @Max(1) errorRate?: number;
  @Maybe() @IsNumber() @Min(1) p99Ratio?: number;
  @Maybe() @IsInt() @Min(0) minSamples?: number;
}

class Cohort {
  @Matches(/^[a-z0-9-]+$/, { message: 'header must be a header name in lower case' }) header: string;
  @Length(1, 200) equals: string;
}

/** What `strangler.yaml` says of one module. */
class WrittenWish {
  @IsIn(phases) phase: Phase;
  @Maybe() @IsInt() @Min(0) @Max(100) percent?: number;
  @Maybe() @IsIn(['both', 'owner']) ack?: 'both' | 'owner';
  @Maybe()
  @IsArray()
  @IsInt({ each: true })
  @Min(1, { each: true })
  @Max(100, { each: true })
  ramp?: number[];

  @Maybe()
  @IsString()
  @Matches(/^\d+(ms|s|m|h)$/, { message: 'bake must be a time such as 30s' })
  bake?: string;
  @Maybe() @Nested(() => Gates) gates?: Gates;
  @Maybe() @List(() => Cohort, { max: 100 }) cohorts?: Cohort[];
  /** Share of the queries that are asked of both sides in `shadow`. */
  @Maybe() @IsNumber() @Min(0) @Max(1) shadowSample?: number;
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
  return withDefaults(wish);
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

function withDefaults(wish: WrittenWish): ModuleWish {
  const { ack, ramp, bakeMs, gates, cohorts, shadowSample } = defaultSettings;
  return {
    phase: wish.phase,
    percent: wish.phase === 'shifting' ? (wish.percent ?? 0) : null,
    ack: wish.ack ?? ack,
    ramp: [...(wish.ramp ?? ramp)].sort((a, b) => a - b),
    bakeMs: wish.bake === undefined ? bakeMs : millisecondsOf(wish.bake),
    gates: { ...gates, ...definedOf(wish.gates ?? {}) },
    cohorts: wish.cohorts ?? cohorts,
    shadowSample: wish.shadowSample ?? shadowSample,
  };
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

const millisecondsOf = (time: string): number => parseInt(time, 10) * (units[time.replace(/^\d+/, '')] ?? 1);

const definedOf = <T extends object>(value: T): Partial<T> =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each != null)) as Partial<T>;

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
