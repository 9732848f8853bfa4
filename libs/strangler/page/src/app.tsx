import { useEffect, useState } from 'preact/hooks';
import type { SessionView } from '../../src/operate/page/session.controller.js';
import { get, logOut } from './api.js';
import { Board } from './board.js';
import { EdgeBoard } from './edge-board.js';
import { LogIn } from './log-in.js';

/** Who is there; `undefined`: it is asked just now. */
type Visitor = SessionView | null | undefined;

/** The page: who is there, and then where everything stands. */
export function App() {
  const [session, setSession] = useState<Visitor>(undefined);
  const [why, setWhy] = useState<string | null>(null);
  const end = (reason: string | null) => {
    setWhy(reason);
    setSession(null);
  };
  const look = async (): Promise<boolean> => {
    const found = await get<SessionView>('session');
    setSession(found.actor === null ? null : found);
    return found.actor !== null;
  };
  useEffect(() => void look().catch((error: unknown) => end((error as Error).message)), []);
  if (session === undefined) return <main aria-busy="true" />;
  if (session === null) return <LogIn why={why} onDone={look} />;
  const leave = () =>
    void logOut().then(
      () => end(null),
      // The cookie is out of reach of the page: whoever opens it next may still be somebody.
      (error: unknown) => end(`you may still be logged in in this browser: ${(error as Error).message}`),
    );
  const Shown = session.modules === false ? EdgeBoard : Board;
  return (
    <Shown session={session} onLogOut={leave} onEnded={() => end('your session has ended: log in again')} />
  );
}
