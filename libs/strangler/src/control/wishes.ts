import { List, Maybe, Nested, ValidationError } from '#contracts';
import { IsArray, IsIn, IsInt, IsNumber, IsString, Length, Matches, Max, Min } from 'class-validator';
import { parse } from 'yaml';
import { phases, policies, type Phase } from '../phase.js';
import type { RouteTable } from '../routes.js';
import { Shape } from '../shape.js';

class Gates {
  @Maybe() @IsInt() @Min(1) lagMs?: number;
  @Maybe() @IsNumber() @Min(0) @Max(1) mismatchRate?: number;
  @Maybe() @IsNumber() @Min(0) @Max(1) errorRate?: number;
  @Maybe() @IsNumber() @Min(1) p99Ratio?: number;
  @Maybe() @IsInt() @Min(1) minSamples?: number;
}

class Cohort {
  @Matches(/^[a-z0-9-]+$/, { message: 'header must be a header name in lower case' }) header: string;
  @Length(1, 200) equals: string;
}

/** What `strangler.yaml` says of one module. */
class ModuleWish {
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
}

/** `strangler.yaml` cannot be used as it is; the message names the place and what would be right. */
export class WishesError extends Error {}

/** Reads the text of `strangler.yaml`. Modules that it leaves out stay on `monolith`. @throws {WishesError} */
export function parseWishes(text: string, modules: readonly string[]): RouteTable {
  const wishes = modulesOf(text);
  const unknown = Object.keys(wishes).find((name) => !modules.includes(name));
  if (unknown)
    throw new WishesError(`modules.${unknown}: there is no such module (there are ${modules.join(', ')})`);
  const phaseOf = (name: string): Phase => (name in wishes ? wishOf(name, wishes[name]).phase : 'monolith');
  return Object.fromEntries(modules.map((name) => [name, phaseOf(name)]));
}

function modulesOf(text: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw new WishesError(`no valid YAML: ${(error as Error).message.split('\n')[0]}`);
  }
  const mapping: unknown = document ?? {};
  const { modules = {}, ...rest } = isMapping(mapping) ? mapping : { modules: document };
  const surplus = Object.keys(rest)[0];
  if (surplus) throw new WishesError(`${surplus}: unknown; the file has one key, "modules"`);
  if (!isMapping(modules)) throw new WishesError('modules: must map module names to what you want of them');
  return modules;
}

function wishOf(name: string, value: unknown): ModuleWish {
  let wish: ModuleWish;
  try {
    wish = Shape.of(ModuleWish).parse(value);
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    throw new WishesError(`modules.${name}: ${error.problems.join('; ')}`);
  }
  if (!policies[wish.phase].flippable) {
    throw new WishesError(
      `modules.${name}.phase: ${wish.phase} moves data, which this version cannot do; use monolith or extracted`,
    );
  }
  return wish;
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
