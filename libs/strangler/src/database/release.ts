/**
 * The release of the toolkit, without `-dev`. Every session of ours is named by it: a database that was upgraded refuses those of
 * releases that it no longer takes (SR426).
 */
export const release = '0.3.0';

const [major, minor, patch] = release.split('.').map(Number) as [number, number, number];

/** As the setting `strangler.release` of its sessions, by which a database compares: 2000 for 0.2.0 (migration 0017). */
export const releaseNumber = major * 1_000_000 + minor * 1_000 + patch;
