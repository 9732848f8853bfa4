/**
 * A user of NATS: what it may publish and subscribe to, as patterns of subjects. To each message that it hears it may answer once.
 *
 * @example
 * ```ts
 * const natsUsers: NatsUser[] = [{ name: 'clock', publish: ['clock.ticks'], subscribe: ['clock.asked.>'] }];
 * const lease = await acquireEmbedded({ dataDir: '.data', natsUsers });
 * const url = await lease.need('nats/clock');
 * ```
 */
export interface NatsUser {
  name: string;
  publish: readonly string[];
  subscribe: readonly string[];
}

/** The part of a server's configuration that says who gets in, and what for. */
export function authorization(all: Login, users: readonly (Login & { may: NatsUser })[]): string {
  const lines = [loginLine(all), ...users.map((one) => loginLine(one, permissionsOf(one.may)))];
  return ['authorization {', '  users: [', ...lines, '  ]', '}'].join('\n');
}

/** How a user gets in. */
interface Login {
  name: string;
  password: string;
}

/** The server reads JSON. */
const loginLine = ({ name, password }: Login, permissions?: object): string => {
  const may = permissions ? `, permissions: ${JSON.stringify(permissions)}` : '';
  return `    { user: ${JSON.stringify(name)}, password: ${JSON.stringify(password)}${may} }`;
};

const permissionsOf = ({ publish, subscribe }: NatsUser) => ({
  publish: { allow: publish },
  subscribe: { allow: subscribe },
  allow_responses: true,
});
