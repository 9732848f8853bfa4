/** What becomes of each question. */
interface Heard<T> {
  answer: (answer: T) => void;
  failure: (error: Error) => void;
}

/**
 * Asks now, and again so many ms after each answer, null: never again: questions to a listener that is slow must not pile up before it, nor an
 * older answer come last. Returns the way to stop, after which nothing is told any more.
 */
export function askRepeatedly<T>(ask: () => Promise<T>, everyMs: number | null, heard: Heard<T>): () => void {
  let isOver = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const once = async (): Promise<void> => {
    const tell = await ask().then(
      (answer) => () => heard.answer(answer),
      (error: unknown) => () => heard.failure(error as Error),
    );
    if (isOver) return;
    tell();
    if (everyMs !== null) timer = setTimeout(() => void once(), everyMs);
  };
  void once();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
