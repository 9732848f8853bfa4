import { useEffect } from 'preact/hooks';
import type { SessionView } from '../../src/operate/page/session.controller.js';
import { Account } from './account.js';
import { get, Problem } from './api.js';
import { askRepeatedly } from './ask-repeatedly.js';
import { EdgeRoutes } from './edge-routes.js';
import type { OfSession } from './of-session.js';

const everyMs = 10_000;

/** The page of a gateway, which moves routes and no modules. */
export function EdgeBoard({ session, onLogOut, onEnded }: OfSession) {
  useEffect(
    () =>
      askRepeatedly(() => get<SessionView>('session'), everyMs, {
        answer: ({ actor }) => actor === null && onEnded(),
        failure: (error) => error instanceof Problem && error.status === 401 && onEnded(),
      }),
    [],
  );
  return (
    <>
      <header>
        <h1>Edge routes</h1>
        <span class="spacer" />
        <Account {...{ session, onLogOut }} />
      </header>
      <main>
        <EdgeRoutes routes={session.routes ?? 'here'} mayAct={session.role === 'admin'} />
      </main>
    </>
  );
}
