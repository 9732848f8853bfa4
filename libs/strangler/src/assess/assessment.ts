/** A place in the sources: a path below the folder, with `/`, and a line that counts from 1. */
export interface SourcePlace {
  file: string;
  line: number;
}

/** How the rows of a table are told apart, and who makes that up. */
export type IdKind = 'serial' | 'uuid by the database' | 'uuid' | 'text' | 'composite' | 'other' | 'none';

/** A table of a module. `entity` is null for a join table, which no entity stands for. */
export interface AssessedTable {
  name: string;
  entity: string | null;
  ids: IdKind;
  at: SourcePlace;
}

/** How a module can be owned while it moves: row by row along a routing key, or in one hand-off. */
export interface FittingOwnership {
  /** `none`: it has no tables. */
  fits: 'by-key' | 'whole' | 'none';
  /** The routing key by table, where it is by key. */
  key: Record<string, string> | null;
  why: string[];
  /** What would have to change for `by-key`; null where nothing would help. */
  byKeyIf: string[] | null;
}

/** What is between a module and its move. */
export type ObstacleKind =
  | 'transaction'
  | 'writes past'
  | 'reads past'
  | 'sql across'
  | 'relation'
  | 'join table'
  | 'cannot cross'
  | 'called by'
  | 'calls'
  | 'event'
  | 'subscriber'
  | 'effect'
  | 'request'
  | 'schedule'
  | 'write then throw'
  | 'date without zone';

/**
 * One thing that was found, in a sentence.
 *
 * @example
 * ```ts
 * const text = ({ kind, text, at }: Obstacle) => `${kind}: ${text} (${at.map(({ file, line }) => `${file}:${line}`).join(', ')})`;
 * ```
 */
export interface Obstacle {
  kind: ObstacleKind;
  /** The other modules; `outside` is code that is in none. */
  with: string[];
  text: string;
  /** It has to be undone before the module can leave. */
  blocks: boolean;
  points: number;
  at: SourcePlace[];
}

/** `S`, `M`, `L` or `XL` by the sum of its obstacles' points. */
export interface Effort {
  size: 'S' | 'M' | 'L' | 'XL';
  points: number;
}

/**
 * What is known of one module.
 *
 * @example
 * ```ts
 * const canLeave = ({ obstacles }: AssessedModule) => !obstacles.some(({ blocks }) => blocks);
 * ```
 */
export interface AssessedModule {
  name: string;
  /** Below the folder that was read; `.` is that folder. */
  folder: string;
  tables: AssessedTable[];
  ownership: FittingOwnership;
  /** Classes of other modules, and code outside modules, that call it. */
  callers: number;
  obstacles: Obstacle[];
  effort: Effort;
}

/** One module in the order in which to go. `points` is what is left to do when those before it have left. */
export interface NextModule {
  module: string;
  points: number;
  why: string;
}

/**
 * What was not understood, or not read. `line` is null where it is a whole file or folder.
 *
 * @example
 * ```ts
 * const text = ({ file, line, why }: LeftOut) => `${file}${line === null ? '' : `:${line}`}: ${why}`;
 * ```
 */
export interface LeftOut {
  file: string;
  line: number | null;
  why: string;
}

/**
 * What `assess` answers; `--json` prints it. Fields are added, never taken away or renamed, until the next major version.
 *
 * @example
 * ```ts
 * const first = ({ order }: Assessment) => order[0]?.module;
 * ```
 */
export interface Assessment {
  version: 1;
  /** Files that were read. */
  files: number;
  modules: AssessedModule[];
  order: NextModule[];
  leftOut: LeftOut[];
}
