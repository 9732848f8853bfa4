/**
 * The release of the toolkit, without `-dev`. Every session of ours is named by it: a database that was upgraded refuses those of
 * releases that it no longer takes (SR426).
 *
 * @internal
 */
export const release = '0.3.0';

/**
 * A release as the setting `strangler.release` of a session, by which a database compares: 2000 for 0.2.0 (sql/releases.sql).
 *
 * @internal
 */
export function numberOf(release: string): number {
  const [major = 0, minor = 0, patch = 0] = release.split('.').map(Number);
  return major * 1_000_000 + minor * 1_000 + patch;
}

export const releaseNumber = numberOf(release);

/** Whether the first release comes before the second. */
export const isOlder = (release: string, than: string): boolean => numberOf(release) < numberOf(than);

/** The toolkit's sessions are `strangler 0.2.0`, a program's may be `strangler-shop 0.2.0 set-up`; 0.1.0 told no release. */
const ours = /^strangler\S*(?: (\d+\.\d+\.\d+))?/;

/**
 * Of which release the process is whose session has this name; `undefined`: it is none of ours.
 *
 * @internal
 */
export function releaseOf(sessionName: string): string | undefined {
  const found = ours.exec(sessionName);
  return found ? (found[1] ?? '0.1.0') : undefined;
}
