import type { HistoryEntry, ModuleStatus } from '../../src/control/terms/views.js';
import type { SessionView } from '../../src/operate/page/session.controller.js';
import { get, Problem } from './api.js';

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
 * to stop, after which nothing is heard.
 */
export function listen(heard: Heard): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLooking = false;
  let isOver = false;
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
  // One look at a time: two that end one after the other would open two streams.
  const look = async () => {
    if (isLooking) return;
    isLooking = true;
    const end = await visitEnd();
    isLooking = false;
    if (isOver) return;
    if (end === 'session over') {
      source?.close();
      return heard.ended();
    }
    if (end !== null) heard.failure(end.message);
    // Of an answer that is no stream a browser does not come back by itself.
    if (source?.readyState === EventSource.CLOSED) timer = setTimeout(open, againMs);
  };
  open();
  return () => {
    isOver = true;
    clearTimeout(timer);
    source?.close();
  };
}

/** Why nothing comes any more: nobody is logged in, or the question about that was not answered; null: neither. */
const visitEnd = (): Promise<'session over' | Error | null> =>
  get<SessionView>('session').then(
    ({ actor }) => (actor === null ? 'session over' : null),
    (error: unknown) =>
      error instanceof Problem && error.status === 401 ? 'session over' : (error as Error),
  );
