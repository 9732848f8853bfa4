import type { Side } from '../../routes/phase.js';
import type { Difference } from './difference.js';
import { verifyModule, type VerifyOptions, type VerifyResult } from './verify.js';

/** What a repair found, sent, and left. */
export interface RepairResult {
  found: VerifyResult;
  /** Rows that their owners have sent again. Fewer than were found: their buckets were handed off meanwhile. */
  sent: number;
  /** What is still different: a second look at everything. */
  left: VerifyResult;
}

/**
 * Mends what differs: the owner wins. Its row (or, of an orphan, its having none) goes once more through its outbox, like any
 * other change; nothing is written past the relay, which must run.
 */
export async function repairModule(options: VerifyOptions): Promise<RepairResult> {
  let sent = 0;
  const found = await verifyModule({
    ...options,
    onDifferences: async (differences) => {
      for (const owner of ['monolith', 'extracted'] as const)
        sent += await resend(
          options,
          owner,
          differences.filter((each) => each.owner === owner),
        );
      await options.onDifferences?.(differences);
    },
  });
  const left = await verifyModule({ ...options, resume: undefined });
  return { found, sent, left };
}

async function resend({ controls }: VerifyOptions, owner: Side, differences: Difference[]): Promise<number> {
  const [first] = differences;
  if (!first) return 0;
  // A copy under a wrong routing key is deleted by that: capture lets nobody change it.
  const wrong = differences.flatMap(({ pk, wrongKey: key }) => (key === undefined ? [] : [{ pk, key }]));
  if (wrong.length > 0) await controls[owner].resend({ table: first.table, rows: wrong });
  return controls[owner].resend({
    table: first.table,
    rows: differences.map(({ pk, key }) => ({ pk, key })),
  });
}
