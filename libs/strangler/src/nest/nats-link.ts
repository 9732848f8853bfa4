import { natsConnection } from '../nats/connection.js';
import { NatsLink, type LinkOptions } from '../nats/link.js';
import { monolithUser } from '../nats/permissions.js';
import { Subjects } from '../nats/subjects.js';
import { StartError } from '../operate/health/start-error.js';
import type { Side } from '../routes/phase.js';
import type { NatsOptions } from './options.js';
import { natsUrl } from './service-settings.js';

/** The connection to NATS of a process, not begun yet. */
export async function linkTo(nats: string | NatsOptions, side: Side | undefined): Promise<NatsLink> {
  const { connection, namespace, user, startedWhenNeeded }: NatsOptions =
    typeof nats === 'string' ? { connection: nats } : nats;
  return new NatsLink(optionsOf(connection), {
    subjects: new Subjects(namespace),
    startsServer: startedWhenNeeded !== undefined && !(await startedWhenNeeded()),
    ...userOf(user, side),
  });
}

function optionsOf(connection: NatsOptions['connection']): LinkOptions {
  if (typeof connection === 'function') return connection;
  const options = typeof connection === 'string' ? natsConnection(urlOf(connection)) : connection;
  return () => Promise.resolve(options);
}

/** Whoever forgets the scheme would else wait for a server without a name. */
function urlOf(text: string): string {
  const { value, problem } = natsUrl(text);
  if (problem !== undefined) throw new StartError(`nats (NATS_URL): ${problem}, as nats://localhost:4222`);
  return value;
}

/** The monolith has one name; a service has the one of its module. */
function userOf(user: string | undefined, side: Side | undefined): { user?: string } {
  const named = user ?? (side === 'monolith' ? monolithUser : undefined);
  return named === undefined ? {} : { user: named };
}
