import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** What the tests read of a service in `compose.yaml`. */
export interface Service {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  ports?: string[];
}

/** The services of `compose.yaml`, as they are written. */
export const services = (): Record<string, Service> =>
  (parse(readFileSync('compose.yaml', 'utf8'), { merge: true }) as { services: Record<string, Service> })
    .services;

/** A text of it with the variables filled in, as Compose does. @throws when one is required and not there. */
export const filled = (text: string, env: Readonly<Record<string, string>>): string =>
  text.replace(/\$\{(\w+)(?::([?-])([^}]*))?\}/g, (_all, name: string, mark?: string, rest?: string) => {
    const value = env[name] ?? (mark === '-' ? rest : undefined);
    if (value === undefined) throw new Error(`${name} ${rest ?? 'is not set'}`);
    return value;
  });
