import { List, Maybe, Nested } from '../../contract/fields.js';
import { applyDecorators } from '@nestjs/common';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsNumber,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateBy,
} from 'class-validator';
import type { ModuleSettings } from './settings.js';

/**
 * The limits of gates, as people write them.
 *
 * @internal
 */
export class Gates {
  @Maybe() @IsInt() @Min(1) lagMs?: number;
  @Maybe() @IsNumber() @Min(0) @Max(1) mismatchRate?: number;
  @Maybe() @IsNumber() @Min(0) @Max(1) errorRate?: number;
  @Maybe() @IsNumber() @Min(1) p99Ratio?: number;
  @Maybe() @IsInt() @Min(0) minSamples?: number;
  @Maybe() @IsNumber() @Min(0.5) @Max(0.999) confidence?: number;
  @Maybe() @IsIn(['on', 'off']) probes?: 'on' | 'off';
}

/** Whose reads go to the new side first. */
export class WrittenCohort {
  @Matches(/^[a-z0-9-]+$/, { message: 'header must be a header name in lower case' }) header: string;
  @Length(1, 200) equals: string;
}

/**
 * A time such as 30s.
 *
 * @internal
 */
export const Time = () =>
  applyDecorators(
    Maybe(),
    IsString(),
    Matches(/^\d+(ms|s|m|h)$/, { message: '$property must be a time such as 30s' }),
  );

/**
 * Shares in percent.
 *
 * @internal
 */
export const Shares = () =>
  applyDecorators(
    Maybe(),
    IsArray(),
    ArrayMaxSize(100),
    IsInt({ each: true }),
    Min(1, { each: true }),
    Max(100, { each: true }),
  );

/**
 * Shares one after the other: one that is not above the one before it is a slip of the pen.
 *
 * @internal
 */
export const Rises = () =>
  ValidateBy({
    name: 'rises',
    validator: {
      validate: (shares) =>
        !Array.isArray(shares) || shares.every((share, i) => i === 0 || share > shares[i - 1]),
      defaultMessage: () => 'ramp must rise, each share above the one before it',
    },
  });

/**
 * How a module is moved, as people write it: in `strangler.yaml`, or beside `run`. What is left out stays as it is.
 *
 * @example
 * ```ts
 * const settings: WrittenSettings = { ramp: [1, 10, 50], bake: '5m', gates: { lagMs: 500, minSamples: 200 } };
 * ```
 */
export class WrittenSettings {
  @Maybe() @IsIn(['both', 'owner']) ack?: 'both' | 'owner';
  @Shares() @Rises() ramp?: number[];
  @Time() bake?: string;
  /** As `bake`, while no customer calls. */
  @Time() probeBake?: string;
  @Maybe() @Nested(() => Gates) gates?: Gates;
  @Maybe() @List(() => WrittenCohort, { max: 100 }) cohorts?: WrittenCohort[];
  /** Shares that a person approves before the step that leads to them. */
  @Shares() approve?: number[];
  /** Share of the queries that are asked of both sides in `shadow`. */
  @Maybe() @IsNumber() @Min(0) @Max(1) shadowSample?: number;
  /** Share of the commands that are rehearsed on the new side before it owns anything. */
  @Maybe() @IsNumber() @Min(0) @Max(1) rehearse?: number;
}

/** The settings that result when `written` is laid over `base`. */
export function settingsOf(written: WrittenSettings, base: ModuleSettings): ModuleSettings {
  const { ack, ramp, bake, probeBake, gates, cohorts, approve, shadowSample, rehearse } = written;
  return {
    ack: ack ?? base.ack,
    ramp: ramp ?? base.ramp,
    bakeMs: bake == null ? base.bakeMs : millisecondsOf(bake),
    probeBakeMs: probeBake == null ? base.probeBakeMs : millisecondsOf(probeBake),
    gates: { ...base.gates, ...definedOf(gates ?? {}) },
    cohorts: cohorts ?? base.cohorts,
    approve: approve ?? base.approve,
    shadowSample: shadowSample ?? base.shadowSample,
    rehearse: rehearse ?? base.rehearse,
  };
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

const millisecondsOf = (time: string): number => parseInt(time, 10) * (units[time.replace(/^\d+/, '')] ?? 1);

const definedOf = <T extends object>(value: T): Partial<T> =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each != null)) as Partial<T>;
