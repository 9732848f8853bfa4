import { useEffect } from 'preact/hooks';
import type { SessionView } from '../../src/operate/page/session.controller.js';
import { get, logOut, Problem } from './api.js';
import { EdgeRoutes } from './edge-routes.js';

const everyMs = 10_000;
const whyEnded = 'your session has ended: log in again';

/** The page of a gateway, which moves routes and no modules. */
export function EdgeBoard({ session, onEnd }: { session: SessionView; onEnd: (why: string | null) => void }) {
  useEffect(() => {
    const look = () =>
      void get<SessionView>('session').then(
        ({ actor }) => actor === null && onEnd(whyEnded),
        (error: unknown) => error instanceof Problem && error.status === 401 && onEnd(whyEnded),
      );
    const timer = setInterval(look, everyMs);
    return () => clearInterval(timer);
  }, []);
  return (
    <>
      <header>
        <h1>Edge routes</h1>
        <span class="spacer" />
        <span>
          {session.actor} <small>{session.role}</small>
        </span>
        <button type="button" class="small" onClick={() => void logOut().finally(() => onEnd(null))}>
          Log out
        </button>
      </header>
      <main>
        <EdgeRoutes routes={session.routes ?? 'here'} mayAct={session.role === 'admin'} />
      </main>
    </>
  );
}
