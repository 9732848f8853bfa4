import { release } from 'nestjs-strangler/migrate';

/**
 * The URL with the name under which the server knows the session: program, release, and `use`. By the release a database refuses
 * those that it no longer takes, so it goes before a name that stands in the URL.
 */
export function withSessionName(url: string, use = ''): string {
  const named = new URL(url);
  named.searchParams.set('application_name', `strangler-shop ${release} ${use}`.trim());
  return named.href;
}
