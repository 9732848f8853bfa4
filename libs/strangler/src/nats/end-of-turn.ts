let works: (() => void)[] = [];

/**
 * Does `work`, which may not throw, when everything that has arrived in this turn of the event loop has been looked at, together with what else
 * waits for that. NATS's client writes to its socket each time when there is nothing more on the stack, and a write, which wakes whoever reads,
 * takes longer than the rest of a small call: so what is sent in one turn goes out in one write.
 */
export function atEndOfTurn(work: () => void): void {
  if (works.push(work) > 1) return;
  setImmediate(() => {
    const due = works;
    works = [];
    for (const each of due) each();
  });
}
