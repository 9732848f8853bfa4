import type { PreparedOperation } from '../contract/operation.js';
import type { SpanOf } from '../database/tracing.js';
import type { Side } from '../routes/phase.js';

/** What is done for a call: a router has it done, a side is asked for it, and answers, its module carries it out. */
export type CallPart = 'call' | 'ask' | 'serve' | 'execute';

const kinds = { call: 'INTERNAL', ask: 'CLIENT', serve: 'SERVER', execute: 'INTERNAL' } as const;

/** The span of a part of a call: `execute parcels.send`. */
export const spanOf = (part: CallPart, { module, name, kind }: PreparedOperation, side?: Side): SpanOf => ({
  name: `${part} ${module}.${name}`,
  kind: kinds[part],
  attributes: {
    ...{ 'rpc.system': 'strangler', 'rpc.service': module, 'rpc.method': name, 'strangler.kind': kind },
    ...(side && { 'strangler.side': side }),
  },
});
