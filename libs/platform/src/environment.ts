import { existsSync } from 'node:fs';
import { misspelt, type Misspelt } from './misspelt.js';
import type { Environment } from './settings.js';

/** The process's environment, completed by `.env` in the current folder: what is set outside wins. */
export function environment(): Environment {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}

/** An environment that knows which names are asked for: those are the settings that there are. */
export interface ReadEnvironment {
  env: Environment;
  /** What stands in it under names that nobody has asked for, and that are nearly one of those. */
  misspelt: () => Misspelt[];
}

/** Takes note of what is read of an environment. */
export function noteReads(env: Environment): ReadEnvironment {
  const read = new Set<string>();
  const noting = new Proxy(env, {
    get: (target, name) => {
      if (typeof name === 'string') read.add(name);
      return Reflect.get(target, name) as unknown;
    },
  });
  return { env: noting, misspelt: () => misspelt(Object.keys(env), read) };
}
