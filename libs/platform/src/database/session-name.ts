import { packageVersion } from '../project-root.js';

/** Ours is `strangler-shop 0.2.0 set-up`, the toolkit's `strangler 0.2.0`; 0.1.0 told no release. */
const ours = /^strangler\S*(?: (\d+\.\d+\.\d+))?/;

/** The release of this program, without `-dev`. */
export const ownRelease = (): string => packageVersion().replace(/-.*/, '');

/**
 * The URL with the name under which the server knows the session: program, release, and `use`. By the release a database refuses
 * those that it no longer takes, so it goes before a name that stands in the URL.
 */
export function withSessionName(url: string, use = ''): string {
  const named = new URL(url);
  named.searchParams.set('application_name', `strangler-shop ${ownRelease()} ${use}`.trim());
  return named.href;
}

/** Of which release the process is whose session has this name; `undefined`: it is none of ours. */
export function releaseOf(sessionName: string): string | undefined {
  const found = ours.exec(sessionName);
  return found ? (found[1] ?? '0.1.0') : undefined;
}

/** Whether the first release comes before the second. */
export const isOlder = (release: string, than: string): boolean =>
  releaseNumber(release) < releaseNumber(than);

/** As the setting `strangler.release` of a session, by which a database compares: 2000 for 0.2.0 (migration 0017). */
export function releaseNumber(release: string): number {
  const [major = 0, minor = 0, patch = 0] = release.split('.').map(Number);
  return major * 1_000_000 + minor * 1_000 + patch;
}
