/** The two places where a module's code and tables can live. */
export const sides = ['monolith', 'extracted'] as const;
/**
 * Where a module's code and tables can be: in the `monolith`, or `extracted` into its service.
 *
 * @example
 * ```ts
 * const other = (side: Side): Side => (side === 'monolith' ? 'extracted' : 'monolith');
 * ```
 */
export type Side = (typeof sides)[number];

/** The side that the module is leaving, or going to. */
export const otherSide = (side: Side): Side => (side === 'monolith' ? 'extracted' : 'monolith');

/** Where a module stands on its way out, in order. */
export const phases = [
  'monolith',
  'dual-write',
  'shadow',
  'shifting',
  'extracted',
  'decommissioned',
] as const;
/**
 * How far a module is on its way out, in this order: `monolith`, `dual-write` (its changes are sent), `shadow` (answers are compared),
 * `shifting` (keys change their owner), `extracted`, `decommissioned` (nothing is left in the monolith).
 *
 * @example
 * ```ts
 * const isMoving = (phase: Phase) => phase !== 'monolith' && phase !== 'extracted' && phase !== 'decommissioned';
 * ```
 */
export type Phase = (typeof phases)[number];

/**
 * What a phase decides. Nothing else in the toolkit compares a phase's name (test/boundaries/phases.spec.ts).
 *
 * @internal
 */
export interface Policy {
  /** The side that runs commands and processes; `owner`: whichever owns the routing key. */
  readonly commands: Side | 'owner';
  /** The side that answers queries; `owner` as above, but those that read any copy are spread. */
  readonly queries: Side | 'owner';
  /** The sides that send their changes to the other one. */
  readonly replicates: readonly Side[];
  /** Whether owners may change meanwhile, so that an answer counts only if its owner was the same throughout. */
  readonly checksReads: boolean;
  /** Whether a sample of the queries is asked of the other side too, and compared. */
  readonly shadowed: boolean;
  /** Whether the module has not left: no other side is needed. */
  readonly atHome: boolean;
  /** Whether the other side gets its first copy. */
  readonly filling: boolean;
  /** Whether the other side has a full copy. */
  readonly copied: boolean;
  /** Whether the module moves share by share: its place has a per cent. */
  readonly byShare: boolean;
  /** Whether all has moved, and a copy stays, so that there is a way back. */
  readonly moved: boolean;
  /** Whether there is no way back: the old side has neither code nor tables. */
  readonly ended: boolean;
  /** Whether `rollback` leads here. */
  readonly isWayBack: boolean;
}

const none = {
  ...{ replicates: [], checksReads: false, shadowed: false },
  ...{ atHome: false, filling: false, copied: true, byShare: false, moved: false, ended: false },
  isWayBack: false,
};
const monolith = { ...none, commands: 'monolith', queries: 'monolith', isWayBack: true } as const;
const extracted = { ...none, commands: 'extracted', queries: 'extracted' } as const;

export const policies = {
  monolith: { ...monolith, atHome: true, copied: false },
  'dual-write': { ...monolith, replicates: ['monolith'], filling: true, copied: false },
  shadow: { ...monolith, replicates: ['monolith'], shadowed: true },
  shifting: {
    ...none,
    ...{ commands: 'owner', queries: 'owner', replicates: sides, checksReads: true, byShare: true },
  },
  extracted: { ...extracted, replicates: ['extracted'], moved: true },
  decommissioned: { ...extracted, ended: true },
} as const satisfies Record<Phase, Policy>;
