/** Where programs, libraries, folders and words of a language are found: all that a server needs of an environment. */
const ofServers = /^(PATH|HOME|TMPDIR|TZ|LANG|LC_[A-Z]+|(DY)?LD_LIBRARY_PATH)$/;
/** What apt needs to download through a proxy. May hold a password, so no server gets it. */
const ofKeeper = /^(https?_proxy|no_proxy|APT_CONFIG)$/i;

type Variables = NodeJS.ProcessEnv;

/**
 * What the keeper gets of the environment of the process that starts it: an allow-list. The keeper serves many processes and
 * outlives this one: secrets (`ADMIN_PASSWORD`), tracers (`NODE_OPTIONS`) and what changes PostgreSQL (`PG*`) are not its own.
 */
export const keeperEnvironment = (env: Variables = process.env): Variables =>
  only(env, (name) => ofServers.test(name) || ofKeeper.test(name));

/** What PostgreSQL and NATS get of the keeper's. */
export const serverEnvironment = (env: Variables = process.env): Variables =>
  only(env, (name) => ofServers.test(name));

const only = (env: Variables, allowed: (name: string) => boolean): Variables =>
  Object.fromEntries(Object.entries(env).filter(([name]) => allowed(name)));
