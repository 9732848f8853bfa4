/** Whether a URL is one of the two that whoever watches asks for every few seconds. What else begins so may be another application's. */
export const isProbe = (url: string): boolean => /^\/health\/(?:live|ready)\/?(?:\?|$)/i.test(url);
