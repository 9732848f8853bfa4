import type { HistoryEntry, ModuleStatus } from '../../src/control/terms/views.js';

/** What comes while the page is open. */
export interface Heard {
  status: (modules: ModuleStatus[]) => void;
  entry: (entry: HistoryEntry) => void;
  /** It is heard from now on, for the first time or again: entries of the time between were not. */
  opened: () => void;
  /** Where the modules stand cannot be told, or nobody answers. */
  failure: (why: string) => void;
  /** The session counts no more. */
  ended: () => void;
}

/** How soon it is tried again, in ms, where the browser itself has given up. */
const againMs = 1_000;

/**
 * Hears what happens, for as long as the page is open: a stream ends after a minute, and when the shop restarts, and is opened anew. Returns the way
 * to stop.
 */
export function listen(heard: Heard): () => void {
  let source: EventSource | undefined;
  let timer: number | undefined;
  const open = () => {
    source = new EventSource('events');
    const on = <T>(name: string, then: (data: T) => void) =>
      source!.addEventListener(name, (event) => then(JSON.parse((event as MessageEvent<string>).data) as T));
    on<{ items: ModuleStatus[] }>('status', ({ items }) => heard.status(items));
    on<HistoryEntry>('entry', heard.entry);
    on<{ detail: string }>('failure', ({ detail }) => heard.failure(detail));
    source.onopen = () => heard.opened();
    source.onerror = () => void look();
  };
  const look = async () => {
    const answer = await fetch('session').catch(() => undefined);
    const who = answer?.ok ? ((await answer.json()) as { actor: string | null }) : undefined;
    if (answer?.status === 401 || who?.actor === null) {
      source?.close();
      return heard.ended();
    }
    if (!answer?.ok) heard.failure('the admin API does not answer');
    // Of an answer that is no stream a browser does not come back by itself.
    if (source?.readyState === EventSource.CLOSED) timer = window.setTimeout(open, againMs);
  };
  open();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}
