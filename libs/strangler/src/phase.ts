/** The two places where a module's code and tables can live. */
export const sides = ['monolith', 'extracted'] as const;
export type Side = (typeof sides)[number];

/** Where a module stands on its way out, in order. */
export const phases = [
  'monolith',
  'dual-write',
  'shadow',
  'shifting',
  'extracted',
  'decommissioned',
] as const;
export type Phase = (typeof phases)[number];

/** What a phase decides. Nothing else in the toolkit branches on a phase's name. */
export interface Policy {
  /** The side that runs commands and processes. */
  readonly commands: Side;
  /** The side that answers queries. */
  readonly queries: Side;
  /** Whether calls alone can be moved into this phase. The others also move data, and so need replication. */
  readonly flippable: boolean;
}

export const policies = {
  monolith: { commands: 'monolith', queries: 'monolith', flippable: true },
  'dual-write': { commands: 'monolith', queries: 'monolith', flippable: false },
  shadow: { commands: 'monolith', queries: 'monolith', flippable: false },
  shifting: { commands: 'monolith', queries: 'monolith', flippable: false },
  extracted: { commands: 'extracted', queries: 'extracted', flippable: true },
  decommissioned: { commands: 'extracted', queries: 'extracted', flippable: false },
} as const satisfies Record<Phase, Policy>;
