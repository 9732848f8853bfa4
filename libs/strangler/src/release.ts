/**
 * The release of the toolkit, without `-dev`. Every session of ours is named by it: a database that was upgraded refuses those of
 * releases that it no longer takes (SR426).
 */
export const release = '0.2.0';
