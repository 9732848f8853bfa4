import connectPgSimple from 'connect-pg-simple';
import type { RequestHandler } from 'express';
import session from 'express-session';
import type { Pool } from 'pg';

declare module 'express-session' {
  interface SessionData {
    /** Whose session it is. */
    account: string;
  }
}

const PostgresStore = connectPgSimple(session);
const dayMs = 24 * 3_600_000;

/** Name of the cookie. */
export const sessionCookie = 'harbour.sid';

/** Sessions in the table `sessions`, named by a signed cookie. */
export const sessions = (pool: Pool, secret: string): RequestHandler =>
  session({
    name: sessionCookie,
    secret,
    store: new PostgresStore({ pool, tableName: 'sessions', pruneSessionInterval: false }),
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax', maxAge: dayMs },
  });

/** Lets only people through who have logged in; pages lead the others to the log-in, and back. */
export const loggedIn: RequestHandler = (req, res, next) => {
  if (req.session.account) return next();
  const back = req.method === 'GET' ? req.originalUrl : '/account';
  if (req.accepts(['html', 'json']) === 'json') res.status(401).json({ error: 'Log in first.' });
  else res.redirect(`/login?next=${encodeURIComponent(back)}`);
};
