import { awaitedApprovals } from '../conditions/approvals.js';
import { after, inWords, nextStep } from '../terms/machine.js';
import { goalOf } from '../reconcile/decide.js';
import { RefusedError } from '../terms/refused.js';
import { PlainBody } from './bodies.js';
import { command, type CommandContext } from './command.js';
import { requireAlive } from './preconditions.js';
import { placeAt } from './steering.js';

/** A person lets the next step go to its share. The file asks for this, so it is no move against the file. */
export const approve = command({
  body: PlainBody,
  atOnce: true,
  steers: true,
  plan: (context) => {
    const { row, at, observed, actor } = context;
    requireAlive(context);
    const step = row.transition ? undefined : nextStep(at, goalOf(row));
    const shares = step ? awaitedApprovals(at, step, row.settings.approve) : [];
    const open = shares.filter((share) => !row.approved.some(({ percent }) => percent === share));
    if (!step || open.length === 0) throw new RefusedError(nothingToApprove(context));
    const next = after(at, step);
    return {
      plan: [
        `the step to ${next.percent} % is approved; it begins when the other gates let it`,
        inWords(at, step),
      ],
      change: {
        approved: [...row.approved, ...open.map((percent) => ({ percent, actor, at: observed.now }))],
      },
      begins: false,
      goal: placeAt(next.phase, next.percent),
    };
  },
});

function nothingToApprove({ row: { module, settings } }: CommandContext): string {
  const asked =
    settings.approve.length === 0
      ? 'its settings ask for no approval (approve: [100])'
      : `its settings ask before ${settings.approve.join(', ')} %, and its next step does not lead there`;
  return `no step of ${module} waits for an approval: ${asked}`;
}
