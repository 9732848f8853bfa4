import type { SessionView } from '../../src/operate/page/session.controller.js';

/** Who is logged in, and the way out. */
export const Account = ({
  session: { actor, role },
  onLogOut,
}: {
  session: SessionView;
  onLogOut: () => void;
}) => (
  <>
    <span>
      {actor} <small>{role}</small>
    </span>
    <button type="button" class="small" onClick={onLogOut}>
      Log out
    </button>
  </>
);
