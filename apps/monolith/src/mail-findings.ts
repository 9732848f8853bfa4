import { unsentMails } from '#platform';
import type { FindingSource } from 'nestjs-strangler';
import type { DataSource } from 'typeorm';

/** Who has written to nobody for so long has to be looked after, in s: the sixth try has failed. */
const lateAfterSeconds = 300;

/**
 * Mails that wait for a mail server. Whoever owns their keys sends them; wherever that is, the monolith has a copy of them, until notifications
 * are decommissioned.
 */
export const mailFindings =
  (database: () => DataSource): FindingSource =>
  async () => {
    const mails = await unsentMails(database(), 'all');
    if (!mails || mails.oldestSeconds < lateAfterSeconds) return [];
    const { due, oldestSeconds, tries } = mails;
    return [
      {
        module: 'notifications',
        problem: `${due} ${due === 1 ? 'mail waits' : 'mails wait'} to be sent, the oldest for ${Math.round(oldestSeconds / 60)} min`,
        meaning:
          tries === 0
            ? 'nobody has tried to: no process of the side that owns them has a mail server'
            : `they are tried again, after an hour at most, for about a day (${tries} times so far); nothing of them is lost until then`,
        remedy:
          'see why in the log of whoever owns notifications ("a mail was not sent": `why` has the code of the mail server), and MAIL_URL there',
        repairable: false,
      },
    ];
  };
