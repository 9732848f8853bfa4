import { callJson, Failure, NoAnswer, type Answer, type Session } from 'nestjs-strangler/cli';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from './config.js';

type Login = NonNullable<Settings['login']>;

const timeoutMs = 10_000;
/** For so long a login is tried while the part of the shop that knows people cannot be reached. It may keep who asks waiting, too. */
const patienceMs = 5_000;
const againMs = 1_000;

/** Logs the operator in at the shop: when a token is first needed, which is kept in memory only. */
export class LogIn implements Session {
  readonly takes =
    'this takes the role admin: log in as one with ADMIN_EMAIL and ADMIN_PASSWORD, or ADMIN_TOKEN';
  private asked: Promise<string> | undefined;

  constructor(private readonly settings: Settings) {}

  authorization(): Promise<string> {
    const { token } = this.settings;
    this.asked ??= token ? Promise.resolve(`Bearer ${token}`) : this.logIn();
    return this.asked;
  }

  renew(): boolean {
    this.asked = undefined;
    return this.settings.token === undefined;
  }

  private async logIn(): Promise<string> {
    if (this.settings.adminUrl === undefined)
      throw new Failure('not logged in: set ADMIN_TOKEN, to one of those that the gateway was started with');
    const login = this.settings.login ?? (await keptLogin(this.settings.dataDir));
    const { status, body } = await this.post(login);
    if (typeof body.accessToken === 'string') return `Bearer ${body.accessToken}`;
    const url = this.settings.shopUrl;
    if (status === 401 || status === 400) throw new Failure(unknownLogin(login.email, this.settings, url));
    if (status === 429)
      throw new Failure(
        `cannot log in: ${typeof body.detail === 'string' ? body.detail : 'too many failed attempts'}`,
      );
    // Nobody can log in while the users are away; the admin API then takes the bootstrap admin's password itself.
    if (status >= 500) return `Basic ${Buffer.from(`${login.email}:${login.password}`).toString('base64')}`;
    throw new Failure(`what answers at ${url} is not this shop (${status}): name the shop in SHOP_URL`);
  }

  private async post(login: Login): Promise<Answer> {
    const url = `${this.settings.shopUrl}/api/v1/auth/token`;
    const giveUpAt = performance.now() + patienceMs;
    for (;;) {
      const answer = await callJson(url, { method: 'POST', timeoutMs, body: login }).catch(notRunning);
      // While the module of the users moves, it may be out of reach for a moment.
      if (answer.status < 500 || performance.now() > giveUpAt) return answer;
      await sleep(againMs);
    }
  }
}

/** The shop that keeps a login waiting is there: its users are not. */
function notRunning(error: unknown): Answer {
  if (!(error instanceof NoAnswer)) throw error;
  if (error.reason === 'too_late') return { status: 504, body: {} };
  throw new NoAnswer(
    'no_server',
    `cannot log in: ${error.message}: start the shop with "npm start", or name yours in SHOP_URL and ADMIN_URL; ${alone}`,
  );
}

const alone = 'a gateway without a shop takes an ADMIN_TOKEN that it was started with';

async function keptLogin(dataDir: string): Promise<Login> {
  const file = join(dataDir, 'admin.json');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new NoAnswer(
      'no_server',
      `not logged in: ${file} cannot be read (${(error as NodeJS.ErrnoException).code}). The shop writes it on its ` +
        `first start ("npm start"); name its data folder in DATA_DIR, or set ADMIN_EMAIL and ADMIN_PASSWORD; ${alone}`,
    );
  });
  try {
    const { email, password } = JSON.parse(text) as Partial<Login>;
    if (email && password) return { email, password };
  } catch {
    // Not JSON: the same sentence says so.
  }
  throw new Failure(
    `${file} is damaged: it should hold email and password; or set ADMIN_EMAIL and ADMIN_PASSWORD`,
  );
}

const unknownLogin = (email: string, { login, dataDir }: Settings, url: string): string =>
  `not logged in: the shop at ${url} does not know ${email} by the password in ` +
  (login
    ? 'ADMIN_PASSWORD: set that of an admin'
    : `${join(dataDir, 'admin.json')}: is that the folder of another shop (DATA_DIR)?`);
