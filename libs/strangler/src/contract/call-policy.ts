/** How long an attempt may take where its operation does not say, in ms. */
const defaultTimeoutMs = 1_500;

/** How long one attempt of an operation may take, in ms. */
export const timeoutOf = ({ timeoutMs = defaultTimeoutMs }: Called): number => timeoutMs;

/**
 * How an operation is called where it is served by another process. Calls inside the process have no policy: there is nobody to wait for.
 */
export interface CallPolicy {
  /** How long one try may take, in ms. Left out: as long as all of them, which is `timeoutMs`. */
  tryMs?: number;
  /** How often it is tried again, at most (default 2; 0 of a process, and of a command with an effect outside). */
  retries?: number;
  /** Calls of one process that may be under way at a time (default 256). */
  atOnce?: number;
  /** Calls on top of them that may wait for their turn (default 512); any more are answered `unavailable` at once. */
  waiting?: number;
}

/** An operation, as far as it matters how it is called. */
interface Called {
  readonly kind: 'query' | 'command' | 'process';
  readonly timeoutMs?: number;
  readonly policy?: CallPolicy;
  /** Of a command with an effect outside. */
  readonly result?: string;
}

/** The policy of an operation, with what it leaves out. Pure. */
export function callPolicyOf(operation: Called): Required<CallPolicy> {
  const { tryMs = timeoutOf(operation), retries, atOnce = 256, waiting = 512 } = operation.policy ?? {};
  return { tryMs, retries: retries ?? (isRepeatable(operation) ? 2 : 0), atOnce, waiting };
}

/** A process goes on by itself, and so does a call outside: to ask for it again only adds to what is under way. */
const isRepeatable = (operation: Called): boolean =>
  operation.kind !== 'process' && operation.result === undefined;

/** What is wrong with an operation's policy, as a sentence; `undefined`: nothing. Pure. */
export function problemOfPolicy(operation: Called): string | undefined {
  const { tryMs, retries, atOnce, waiting } = callPolicyOf(operation);
  const timeoutMs = timeoutOf(operation);
  if (!(tryMs > 0 && tryMs <= timeoutMs))
    return `policy.tryMs is a time of up to timeoutMs (${timeoutMs} ms)`;
  for (const [name, least, value] of [
    ['retries', 0, retries],
    ['atOnce', 1, atOnce],
    ['waiting', 0, waiting],
  ] as const)
    if (!Number.isSafeInteger(value) || value < least)
      return `policy.${name} is a whole number from ${least} on`;
  return undefined;
}
