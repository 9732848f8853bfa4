const local = /^(?:localhost|[\w-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/**
 * Whether a request to a listener on loopback asks for this machine, by its header `Host`. A page of `evil.example` whose name leads here
 * (DNS rebinding) would be of the same origin for its browser, and read what it likes. HTTP/1.0 without a name is no browser's.
 *
 * @internal
 */
export const asksForThisMachine = (host: string | undefined): boolean =>
  host === undefined || local.test(host);
