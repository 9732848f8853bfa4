import { useState } from 'preact/hooks';
import { logIn } from './api.js';

const takesAccounts = document.querySelector<HTMLMetaElement>('meta[name="log-in"]')?.content === 'account';

/** Asks who is there. `why`: what has ended the session before. `onDone`: answers whether somebody is logged in by now. */
export function LogIn({ why, onDone }: { why: string | null; onDone: () => Promise<boolean> }) {
  const [byToken, setByToken] = useState(!takesAccounts);
  const [problem, setProblem] = useState(why);
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const field = (name: string) => (form.elements.namedItem(name) as HTMLInputElement).value;
    setBusy(true);
    try {
      await logIn(
        byToken ? { token: field('token') } : { email: field('email'), password: field('password') },
      );
      if (await onDone()) return;
      setProblem('the browser does not keep the session: it has to take cookies of this page');
    } catch (error) {
      setProblem((error as Error).message);
    }
    setBusy(false);
  };
  return (
    <main class="log-in">
      <h1>Who is there?</h1>
      <p>Here an operator sees where the modules of this application are, and moves them.</p>
      <form onSubmit={(event) => void submit(event)}>
        {byToken ? (
          <label>
            Token <input name="token" type="password" autocomplete="off" required />
          </label>
        ) : (
          <>
            <label>
              E-mail <input name="email" type="email" autocomplete="username" required />
            </label>
            <label>
              Password <input name="password" type="password" autocomplete="current-password" required />
            </label>
          </>
        )}
        <button class="primary" disabled={busy}>
          Log in
        </button>
        {takesAccounts && (
          <button type="button" class="link" onClick={() => setByToken(!byToken)}>
            {byToken ? 'with an account' : 'with a token'}
          </button>
        )}
        <p class="quiet">Whoever has set the application up knows the first account, or the token.</p>
        <p role="alert">{problem}</p>
      </form>
    </main>
  );
}
