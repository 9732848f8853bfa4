import { policies } from '../../routes/phase.js';
import { missingService } from '../conditions/missing-service.js';
import type { Examiner } from './examiner.js';
import { subjectOf, typed } from '../conditions/advice.js';
import { passesByItself, type Need } from '../terms/need.js';
import { absenceNeed } from '../conditions/sentences.js';
import { needsService, waitingSince, waitOf } from '../reconcile/waiting.js';

/** A wait is told once it is older than this, in ms. */
const staleMs = 10_000;

/** A module that nobody lets go on. */
export const pauses: Examiner = (patient) => {
  const { row } = patient;
  if (!row.paused) return [];
  const wait = waitOf({ ...patient, trouble: null });
  return [
    {
      problem: `paused: ${row.pauseReason ?? 'no reason given'}`,
      meaning: row.paused === 'all' ? 'no step begins' : 'no step that leads further out begins',
      remedy: wait?.kind === 'paused' ? remedyOf(wait) : typed(subjectOf(row, patient.advice), 'resume'),
    },
  ];
};

/** A service that is needed and cannot be asked. */
export const absences: Examiner = ({ row, at, observed, advice }) => {
  const absence = needsService(row) ? missingService(observed) : null;
  // Of a database that was moved another examiner says what the service lets it do.
  if (!absence || observed.states.monolith?.held?.kind === 'moved') return [];
  const subject = subjectOf(row, advice);
  const need = absenceNeed(absence, subject);
  const { atHome, ended } = policies[row.phase];
  const mayGiveUp = !atHome && !ended;
  const giveUp = `; if it is gone for good: ${typed(subject, 'failover', '--i-have-fenced-it')}`;
  const owns = at.below > 0 || ended;
  return [
    {
      problem: need.fact,
      meaning: owns
        ? 'what it owns cannot be read or written, and what changes here waits in the outbox'
        : atHome
          ? 'the module cannot start to move'
          : 'what changes here waits in the outbox, and the module goes no further',
      remedy: remedyOf(need) + (mayGiveUp ? giveUp : ''),
    },
  ];
};

/** What has waited for long, or for somebody. What other examiners tell better is left to them. */
export const examineWaits: Examiner = (patient) => {
  const { row, observed, note } = patient;
  const need = waitOf({ ...patient, trouble: note.trouble });
  if (!need || need.kind === 'paused' || need.kind.startsWith('service: ')) return [];
  const waited = observed.now - waitingSince(need.kind, row, observed, note);
  if (waited < staleMs && (passesByItself(need) || need.kind.startsWith('gate '))) return [];
  return [
    {
      problem: `${need.fact}; so for ${Math.round(waited / 1_000)} s`,
      meaning: 'until then it goes no further',
      remedy: remedyOf(need),
      ...(passesByItself(need) && { byItself: true }),
    },
  ];
};

const remedyOf = ({ todo, command }: Pick<Need, 'todo' | 'command'>): string =>
  command === null ? todo : `${todo}: ${command}`;
