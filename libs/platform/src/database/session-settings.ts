/**
 * The server ends a session whose process has vanished, with all its locks, after some 25 s; by the kernel's own settings it is two
 * hours. (Not over a Unix socket, whose ends are one machine.)
 */
export const endsWithItsProcess = {
  tcp_keepalives_idle: 10,
  tcp_keepalives_interval: 5,
  tcp_keepalives_count: 3,
} as const;

/** The URL of sessions with these settings, from their start on. Those that the URL names in `options` come before, so ours hold. */
export function withSettings(url: string, settings: Readonly<Record<string, string | number>>): string {
  const session = new URL(url);
  const own = session.searchParams.get('options') ?? '';
  const ours = Object.entries(settings).map(
    ([name, value]) => `-c ${name}=${String(value).replaceAll(' ', '\\ ')}`,
  );
  session.searchParams.set('options', [own, ...ours].join(' ').trim());
  return session.href;
}
