/**
 * Aborts with `signal`, and after so many ms. `AbortSignal.any` alone does not hold the timeout that it is given: once that is cleared away,
 * the wait never ends (nodejs/node#57736). A timeout that somebody listens to is held until it is over.
 */
export function patience(ms: number, signal: AbortSignal): AbortSignal {
  const late = AbortSignal.timeout(ms);
  late.addEventListener('abort', () => undefined);
  return AbortSignal.any([signal, late]);
}
