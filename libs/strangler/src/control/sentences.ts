import type { Gate } from './gates.js';

const ms = (value: number | null): string =>
  value === null ? '-' : value < 1_000 ? `${Math.round(value)} ms` : `${Math.round(value / 100) / 10} s`;
const share = (value: number | null): string =>
  value === null ? '-' : `${Math.round(value * 10_000) / 100} %`;
const ratio = (value: number | null): string => (value === null ? '-' : `${Math.round(value * 10) / 10}`);

type Words = (gate: Gate, module: string) => string;

const unreachable = 'a side cannot be asked; start it, or if it is gone for good: failover';

/** What a gate waits for, in words that say what to do. */
const words: Readonly<Record<string, Words>> = {
  lag: (g) =>
    g.value === null
      ? unreachable
      : `replication is ${ms(g.value)} behind, the limit is ${ms(g.limit)}; wait, or look for long transactions with: doctor`,
  parked: (g, module) =>
    g.value === null
      ? unreachable
      : `${g.value} parked rows (limit 0) can never be applied as they are; see: strangler parked ${module}`,
  degraded: (g) =>
    g.value === null
      ? unreachable
      : 'the other side does not confirm changes (degraded, limit: none); it goes on by itself once it does',
  backfill: (g) =>
    g.value === null
      ? 'the copying of the rows from before has not begun'
      : `${g.value} tables are still being copied (limit 0); it goes on by itself`,
  outbox: (g) =>
    g.value === null
      ? unreachable
      : `${g.value} changes are still on their way (limit 0); it goes on by itself`,
  'local use': (g) =>
    `${g.value} processes still run the module's code in the monolith (limit 0); restart those that are older`,
  verify: (g, module) =>
    g.value === null
      ? 'the data of both sides have not been compared since this step began; verify runs by itself'
      : `verify found ${g.value} differences (limit 0); run: strangler verify ${module} --repair`,
  'shadow mismatches': (g, module) =>
    measured(g, share, 'of the shadow reads differ', `see: strangler mismatches ${module}`),
  'error rate': (g, module) =>
    measured(g, share, "of the new side's calls fail", `see its log, or: strangler rollback ${module}`),
  'p99 ratio': (g, module) =>
    measured(
      g,
      ratio,
      'times as slow at the 99th percentile is the new side',
      `or: strangler rollback ${module}`,
    ),
  approval: (g, module) =>
    `the step to ${g.value} % waits for a person's approval; give it with: strangler approve ${module}`,
  bake: (g) => `the step has been watched for ${ms(g.value)} of ${ms(g.limit)}; it goes on by itself`,
};

function measured(gate: Gate, show: (value: number | null) => string, what: string, todo: string): string {
  const { value, limit, samples, state } = gate;
  if (state !== 'hold') return `${show(value)} ${what} (limit ${show(limit)}, ${samples} samples); ${todo}`;
  return `${gate.name}: only ${samples} samples so far; more traffic is needed, or an operator's: advance`;
}

/** What a gate that does not pass waits for, in one sentence. */
export const gateSentence = (gate: Gate, module: string): string =>
  words[gate.name]?.(gate, module) ??
  `${gate.name} is ${gate.value ?? 'unknown'}, the limit is ${gate.limit}`;

/** The gate to speak of: one that fails before one that holds; undefined: all pass. */
export const speaking = (gates: readonly Gate[]): Gate | undefined =>
  gates.find(({ state }) => state === 'fail') ?? gates.find(({ state }) => state === 'hold');
