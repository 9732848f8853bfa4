/** Whether a request is one of those by which somebody watches this process: they are not limited, and have no line in the log. */
export type IsProbe = (url: string) => boolean;

/** Whether a URL is one of the two that whoever watches asks for every few seconds. What else begins so may be another application's. */
export const isProbe: IsProbe = (url) => /^\/health\/(?:live|ready)\/?(?:\?|$)/i.test(url);

/** Of a listener that answers none: such a path is another application's. */
export const noProbes: IsProbe = () => false;
