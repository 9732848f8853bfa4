import { existsSync } from 'node:fs';
import type { Environment } from './settings.js';

/** The process's environment, completed by `.env` in the current folder: what is set outside wins. */
export function environment(): Environment {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}
