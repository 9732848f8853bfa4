/**
 * By series (2.x), the first version without the holes that are known. Advisories of the NATS project up to November 2026:
 * https://advisories.nats.io. A series that is older than all of these gets no more corrections.
 */
const floors: ReadonlyMap<number, number> = new Map([
  [11, 16],
  [12, 7],
]);
/** From this series on, every version is without them. */
const soundFrom = 14;

/** Why a nats-server of this version should not be trusted, in one sentence; undefined: nothing is known against it. */
export function knownHoles(version: string): string | undefined {
  const [, major = 0, minor = 0, patch = 0] = (/^v?(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  if (major > 2 || minor >= soundFrom) return undefined;
  const floor = floors.get(minor);
  if (floor !== undefined && patch >= floor) return undefined;
  const sound = floor === undefined ? '2.11.16, 2.12.7 or 2.14.0' : `2.${minor}.${floor}`;
  return `nats-server ${version} has known security holes; they are closed in ${sound}`;
}
