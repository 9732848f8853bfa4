import { policies } from '../../routes/phase.js';
import { subjectOf, typed, type Subject } from '../conditions/advice.js';
import { goalOf } from '../reconcile/decide.js';
import { RefusedError } from '../terms/refused.js';
import type { ModuleRow, Wanted } from '../store/module-row.js';
import { PlainBody } from './bodies.js';
import { command } from './command.js';
import { onward, wayOf } from './steering.js';

/** Lets a paused module go on. */
export const resume = command({
  body: PlainBody,
  atOnce: true,
  steers: true,
  plan: (context) => {
    const { row, wish, observed, held } = context;
    const subject = subjectOf(row, context.advice);
    if (row.paused === null) throw new RefusedError(`${row.module} is not paused`);
    const wanted: Wanted = wish
      ? { ...wish, by: 'file', actor: held ?? 'file', since: observed.now }
      : row.wanted;
    const way = wayOf(context, goalOf({ ...row, wanted }));
    const stays = `it stays where it is: nothing else is wanted; ${whatMovesIt(subject, row)}`;
    return onward(context, {
      plan: way.length > 0 ? way : [stays],
      change: { wanted, paused: null, pauseReason: null },
      begins: false,
      goal: { phase: wanted.phase, percent: wanted.percent },
    });
  },
});

/** What moves a module that stays where it is. */
const whatMovesIt = (subject: Subject, { phase }: ModuleRow): string =>
  policies[phase].moved ? `move it back: ${typed(subject, 'rollback')}` : `move it: ${typed(subject, 'run')}`;
