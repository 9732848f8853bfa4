import { SettingsError, textSetting, type Environment } from './settings.js';

/** A token by which an operator is known without an account: `ann.<secret>`. Its name stands in the history of what is done with it. */
export interface OperatorToken {
  name: string;
  /** All of it, with the name. */
  token: string;
  role: 'admin' | 'viewer';
}

const form = /^([\w-]{1,64})\.[\w~+/-]{32,256}=*$/;
/** Of an identity provider, for the command line: not ours to know. */
const jwt = /^[\w-]+\.[\w-]+\.[\w-]*$/;
/** A random secret of this length has more. */
const leastDistinct = 8;

/**
 * `ADMIN_TOKEN` and `VIEWER_TOKEN`: one token, or several with commas.
 * @throws {SettingsError} for one that can be guessed; the message does not show it
 */
export const operatorSetting = (env: Environment): OperatorToken[] =>
  (['admin', 'viewer'] as const).flatMap((role) => {
    const setting = `${role.toUpperCase()}_TOKEN`;
    const tokens = (textSetting(env, setting) ?? '').split(',').map((each) => each.trim());
    return tokens
      .filter((token) => token !== '' && !jwt.test(token))
      .map((token) => ({ name: nameIn(token, setting), token, role }));
  });

function nameIn(token: string, setting: string): string {
  const name = form.exec(token)?.[1];
  if (name !== undefined && new Set(token.slice(name.length + 1)).size >= leastDistinct) return name;
  throw new SettingsError(
    `${setting}: a name, a dot and at least 32 characters that nobody can guess are expected, ` +
      'as ann.$(openssl rand -hex 24) makes them; several with commas',
  );
}
