import { Router, type Request } from 'express';
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Pool } from 'pg';
import { html, page } from './pages.js';
import { loggedIn, sessionCookie } from './session.js';

const hashed = promisify<string, Buffer, number, Buffer>(scrypt);

/** Signing up, logging in and out. */
export function logIn(pool: Pool): Router {
  const router = Router();
  router.get('/login', (req, res) => {
    res.send(page('Log in', form(typeof req.query.next === 'string' ? req.query.next : '/account')));
  });
  router.post('/login', async (req, res) => {
    const { email = '', password = '', next } = fieldsOf(req);
    const { rows } = await pool.query<{ id: string; password: string }>(
      'select id, password from accounts where email = $1',
      [email.toLowerCase()],
    );
    const account = rows[0];
    if (!account || !(await matches(password, account.password))) {
      res.status(401).send(
        page(
          'Log in',
          html`<p>That is not right.</p>
            ${form(localPath(next))}`,
        ),
      );
      return;
    }
    await begin(req, account.id);
    // For the scripts of our pages: there is somebody.
    res.cookie('signed_in', '1', { sameSite: 'lax' });
    res.redirect(`${req.protocol}://${req.host}${localPath(next)}`);
  });
  router.post('/signup', async (req, res) => {
    const { email = '', name = '', password = '' } = fieldsOf(req);
    if (!email.includes('@') || name === '' || password.length < 8) {
      res.status(400).send(page('Sign up', html`<p>An address, a name and 8 characters are expected.</p>`));
      return;
    }
    const { rows } = await pool.query<{ id: string }>(
      'insert into accounts (email, name, password) values ($1, $2, $3) on conflict do nothing returning id',
      [email.toLowerCase(), name, await hashOf(password)],
    );
    if (!rows[0]) {
      res.status(409).send(page('Sign up', html`<p>${email} has an account.</p>`));
      return;
    }
    await begin(req, rows[0].id);
    res.redirect(303, '/account');
  });
  router.post('/logout', async (req, res) => {
    await promisify(req.session.destroy.bind(req.session))();
    res.clearCookie(sessionCookie).clearCookie('signed_in').redirect(303, '/');
  });
  return router;
}

/** What somebody sees of himself. */
export function account(pool: Pool): Router {
  const router = Router();
  router.get('/account', loggedIn, async (req, res) => {
    const { rows } = await pool.query<{ name: string; email: string; pieces: number }>(
      `select name, email, coalesce(sum(quantity), 0)::integer as pieces
       from accounts left join basket_lines on account = id where id = $1 group by id`,
      [req.session.account],
    );
    const { name, email, pieces } = rows[0]!;
    const content = html`<p>${name}, ${email}</p>
      <p>${pieces} pieces in your basket</p>
      <form method="post" action="/logout"><button>Log out</button></form>`;
    res.set('Cache-Control', 'private, no-store');
    res.format({ html: () => res.send(page('Account', content)), json: () => res.json(rows[0]) });
  });
  return router;
}

const form = (next: string) =>
  html`<form method="post" action="/login">
    <input name="email" type="email" /><input name="password" type="password" />
    <input name="next" type="hidden" value="${next}" /><button>Log in</button>
  </form>`;

/** A new session: nobody else may know its name. */
async function begin(req: Request, account: string): Promise<void> {
  await promisify(req.session.regenerate.bind(req.session))();
  req.session.account = account;
  await promisify(req.session.save.bind(req.session))();
}

function fieldsOf(req: Request): Partial<Record<string, string>> {
  const entries = Object.entries((req.body ?? {}) as Record<string, unknown>);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** A path of this site; `//elsewhere.example` is none. */
const localPath = (path: string | undefined): string =>
  path && /^\/(?![/\\])[\w/?&=%.~-]*$/.test(path) ? path : '/account';

async function hashOf(password: string): Promise<string> {
  const salt = randomBytes(16);
  return `${salt.toString('hex')}:${(await hashed(password, salt, 32)).toString('hex')}`;
}

async function matches(password: string, stored: string): Promise<boolean> {
  const [salt = '', hash = ''] = stored.split(':');
  return timingSafeEqual(await hashed(password, Buffer.from(salt, 'hex'), 32), Buffer.from(hash, 'hex'));
}
