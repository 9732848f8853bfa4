/** What the application is told by its environment. */
export interface Settings {
  port: number;
  host: string;
  databaseUrl: string;
  /** Signs the cookie that names a session. */
  sessionSecret: string;
  /** Whose `X-Forwarded-…` headers are believed (Express, `trust proxy`): nobody's, unless it is said. */
  trustProxy: string | false;
}

/** Reads the settings; `port` is the default one. @throws naming what is missing */
export function readSettings(port: number, env: NodeJS.ProcessEnv = process.env): Settings {
  return {
    port: Number(env.PORT ?? port),
    host: env.HOST ?? '127.0.0.1',
    databaseUrl: required(env, 'DATABASE_URL'),
    sessionSecret: required(env, 'SESSION_SECRET'),
    trustProxy: env.TRUST_PROXY ?? false,
  };
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}
