/** A user of NATS: what he may say and hear, as patterns of subjects. */
export interface NatsUser {
  name: string;
  publish: readonly string[];
  subscribe: readonly string[];
}

/** How a user gets in. Without permissions he may do all. */
export interface NatsLogin {
  name: string;
  password: string;
  may?: Pick<NatsUser, 'publish' | 'subscribe'>;
}

/** The part of a server's configuration that says who gets in, and what for. Passwords stand in it as they are. */
export function natsAuthorization(logins: readonly NatsLogin[]): string {
  return ['authorization {', '  users: [', ...logins.map(userLine), '  ]', '}'].join('\n');
}

/** The server reads a quoted text much as JSON does. */
const quoted = (text: string): string => JSON.stringify(text);

const allowed = (subjects: readonly string[]): string => `{ allow: [${subjects.map(quoted).join(', ')}] }`;

function userLine({ name, password, may }: NatsLogin): string {
  const who = `user: ${quoted(name)}, password: ${quoted(password)}`;
  if (!may) return `    { ${who} }`;
  // One answer to each message that he hears, wherever its sender wants it.
  const what = `publish: ${allowed(may.publish)}, subscribe: ${allowed(may.subscribe)}, allow_responses: true`;
  return `    { ${who}, permissions: { ${what} } }`;
}
