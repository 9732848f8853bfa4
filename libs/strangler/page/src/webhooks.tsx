import { useState } from 'preact/hooks';
import { number } from '../../src/cli/text/figures.js';
import type { WebhookView } from '../../src/control/terms/views.js';
import { ActionDialog } from './action-dialog.js';
import { time } from './format.js';
import { webhookSubject } from './subject.js';
import { Scrolled, Table, type Column } from './table.js';
import { useList } from './use-answer.js';
import type { VerbButton } from './verb-buttons.js';
import { webhooksInWords } from './words.js';

const everyMs = 10_000;

const columns: readonly Column<WebhookView>[] = [
  { title: 'name', of: ({ name }) => name },
  { title: 'address', of: ({ url }) => url ?? 'this process does not name it' },
  { title: 'state', of: ({ state }) => <span class="state">{state}</span> },
  { title: 'waiting', of: ({ waiting }) => number(waiting), isFigure: true },
  { title: 'failed', of: ({ failed }) => number(failed), isFigure: true },
  {
    title: 'last delivered',
    of: ({ delivered }) => (delivered ? `entry ${delivered.entry}, ${time(delivered.at)}` : 'none yet'),
  },
  { title: 'problem', of: ({ problem }) => problem },
  { title: 'next try', of: ({ nextTryAt }) => nextTryAt !== null && time(nextTryAt) },
];

const resend: VerbButton<'resend'> = {
  ...{ verb: 'resend', label: 'Resend', anyway: true },
  meaning: 'It is called now, also with what has failed.',
};

/** Who is told of history entries, and how far that is; nothing, where nobody is. */
export function Webhooks({ mayAct }: { mayAct: boolean }) {
  const { list = [] } = useList<WebhookView>('webhooks', everyMs);
  const [asked, setAsked] = useState<string | null>(null);
  const subject = list.find(({ name }) => name === asked);
  if (list.length === 0) return null;
  return (
    <details class="webhooks">
      <summary>{webhooksInWords(list)}</summary>
      <Scrolled label="Webhooks">
        <Table
          rows={list}
          columns={[
            ...columns,
            {
              title: 'what to do',
              of: ({ name }) => (
                <button
                  type="button"
                  class="small"
                  disabled={!mayAct}
                  title={resend.meaning}
                  aria-label={`Resend to ${name}`}
                  onClick={() => setAsked(name)}
                >
                  Resend
                </button>
              ),
            },
          ]}
          keyOf={({ name }) => name}
          classOf={({ state }) => (state === 'up' ? 'pass' : 'fail')}
        />
      </Scrolled>
      {subject && (
        <ActionDialog subject={webhookSubject(subject)} verbButton={resend} onClose={() => setAsked(null)} />
      )}
    </details>
  );
}
