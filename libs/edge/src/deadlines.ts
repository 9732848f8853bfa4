/** Something that may take too long. */
export interface Limited {
  /** Is asked every {@link lookMs} whether it is late; `now`: ms of `performance.now()`. */
  look(now: number): void;
}

/** How late is noticed at most that something is late, in ms. */
const lookMs = 50;

const open = new Set<Limited>();
let timer: NodeJS.Timeout | undefined;

/**
 * Looks at what is under way until {@link release} is called: one timer for all of it, where four a request would cost more than all else
 * that is decided about it. Linux's timer wheels and Netty's `HashedWheelTimer` are coarse for the same reason.
 */
export function watch(limited: Limited): void {
  open.add(limited);
  timer ??= setInterval(lookAtAll, lookMs).unref();
}

export function release(limited: Limited): void {
  open.delete(limited);
}

function lookAtAll(): void {
  if (open.size === 0) {
    clearInterval(timer);
    timer = undefined;
    return;
  }
  const now = performance.now();
  for (const limited of open) limited.look(now);
}
