import type { SessionView } from '../../src/operate/page/session.controller.js';

/** What a board is given. */
export interface OfSession {
  session: SessionView;
  onLogOut: () => void;
  /** The session counts no more. */
  onEnded: () => void;
}
