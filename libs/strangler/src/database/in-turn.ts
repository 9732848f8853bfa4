/**
 * `work`, one run at a time: whoever asks during a run shares the one that follows it, so a run that hangs piles nothing up. `work`
 * must not throw.
 */
export function inTurn(work: () => Promise<void>): () => Promise<void> {
  let running = Promise.resolve();
  let next: Promise<void> | undefined;
  return () =>
    (next ??= running =
      running.then(() => {
        next = undefined;
        return work();
      }));
}
