import type { MailOutcome } from '#contracts';

/** Injection token of the {@link MailServer}; `undefined`: none is set. */
export const MailServerToken = Symbol('MailServer');

export interface Mail {
  /** The same in every try, so that who receives it twice can tell. */
  id: string;
  recipient: string;
  subject: string;
  body: string;
}

/** What came of a try, and why; `why` names nobody. */
export interface Sent {
  outcome: MailOutcome;
  why?: string;
}

/**
 * The one place where a mail leaves the shop. It is called in no transaction. `sent` says that somebody else is answerable for the mail now. A
 * mail of which that is not known is `later`: it comes again, under the same id.
 */
export interface MailServer {
  send(mail: Mail): Promise<Sent>;
  /** Ends connections that are kept open. */
  close(): void;
}
