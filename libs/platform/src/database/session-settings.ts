/**
 * The server ends a session whose process has vanished, with all its locks, after some 25 s; by the kernel's own settings it is two
 * hours. (Not over a Unix socket, whose ends are one machine.)
 */
export const endsWithItsProcess = {
  tcp_keepalives_idle: 10,
  tcp_keepalives_interval: 5,
  tcp_keepalives_count: 3,
} as const;

/** Settings of a session by their names. */
export type SessionSettings = Readonly<Record<string, string | number>>;

/** The URL of sessions with these settings from their start on: what it names itself in `options` goes before `usual`, and behind `always`. */
export function withSettings(
  url: string,
  { usual = {}, always = {} }: { usual?: SessionSettings; always?: SessionSettings },
): string {
  const session = new URL(url);
  const own = session.searchParams.get('options') ?? '';
  // Of one that is named twice, the last counts.
  session.searchParams.set('options', [options(usual), own, options(always)].join(' ').trim());
  return session.href;
}

const options = (settings: SessionSettings): string =>
  Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${String(value).replaceAll(' ', '\\ ')}`)
    .join(' ');
