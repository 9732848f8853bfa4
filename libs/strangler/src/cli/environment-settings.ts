import { existsSync } from 'node:fs';
import type { Environment } from './access.js';

/** The process's environment, completed by `.env` in the current folder, as an application's may be: what is set outside wins. */
export function environment(): Environment {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}
