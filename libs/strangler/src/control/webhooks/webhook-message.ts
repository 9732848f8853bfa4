import type { HistoryEntry } from '../terms/views.js';

/** What a receiver is told. */
export interface WebhookMessage {
  /** `strangler.<action>.<outcome>`, as `strangler.hand_off.done`. */
  type: string;
  /** When it happened, RFC 3339. */
  timestamp: string;
  /** As `GET /modules/:module/history` has it. */
  data: HistoryEntry;
}

/** What is sent for an entry: the same in each try. Pure. */
export const webhookMessage = (entry: HistoryEntry): WebhookMessage => ({
  type: `strangler.${typeOf(entry.action)}.${entry.outcome}`,
  timestamp: entry.at,
  data: entry,
});

/** `hand-off to 10 %`: one type for all shares, of the letters that Standard Webhooks takes. */
const typeOf = (action: string): string => action.split(' ')[0]!.replace(/[^a-zA-Z0-9]+/g, '_');
