import { isDomainError } from 'nestjs-strangler/contract';
import { LRUCache } from 'lru-cache';
import type { IncomingHttpHeaders } from 'node:http';

/** How long answers that are the same for everybody are kept, in ms. */
export interface CacheTimes {
  /** An answer is given again for so long without asking its module. */
  freshMs: number;
  /** While the module cannot be reached: so old is an answer at most that is given in its place. */
  staleMs: number;
}

/** Where calls of modules go. */
export interface Ways {
  /** Headers of requests that choose a side, in lower case. */
  readonly cohortHeaders: readonly string[];
  /** Calls `listener` with the modules whose calls go another way from now on. */
  onChange(listener: (modules: string[]) => void): unknown;
  /** Calls `listener` with the modules whose row has another version. */
  onVersion(listener: (modules: string[]) => void): unknown;
  /** Calls `listener` when calls go to another shop from now on. */
  onMember(listener: () => void): unknown;
}

export interface CacheOptions extends CacheTimes {
  ways?: Ways | undefined;
}

/** The body of an answer: JSON. */
export interface Made {
  readonly body: string;
  /** Of the body, in bytes. */
  readonly length: number;
  readonly etag: string;
  /** The pattern of its path, for the log. */
  readonly route: string;
}

/** An answer that is kept. */
export interface Kept extends Made {
  /** Whose answers it is made of. */
  readonly modules: readonly string[];
  /** When it was asked for, by `performance.now()`. */
  readonly askedAt: number;
  /** Its module could not be reached: this is what it said before. */
  readonly stale: boolean;
  /** Calls of its modules have gone another way since: it is asked for again, and kept for the case that nobody answers. */
  expired: boolean;
}

/** How often answers came from where; for metrics. */
export interface CacheFigures {
  hits: number;
  misses: number;
  stale: number;
  entries: number;
  bytes: number;
}

/** Bytes of all answers that are kept: the ones that nobody has asked for the longest go first. */
const mostBytes = 64 * 1024 * 1024;

/** URLs that have an answer at most: one path has as many spellings as somebody makes up. */
const mostEntries = 50_000;

type Make = () => Promise<Made>;

interface Question {
  modules: readonly string[];
  make: Make;
}

/**
 * Answers of public queries, by their URL. Of many who ask for the same at the same time one asks the module (`fetchMethod` of
 * lru-cache). An answer is stale-if-error (RFC 5861): while its module is unavailable the last one is given, and said to be stale.
 *
 * @example const kept = await answers.fetch('/api/v1/products/A1', ['inventory'], () => ask());
 */
export class PublicAnswers {
  private readonly counts = { hits: 0, misses: 0, stale: 0 };
  private readonly entries: LRUCache<string, Kept, Question>;
  /** The URLs of all entries, by path: `entries` does not list those that have run out, which stand in for a module that is away. */
  private readonly kept = new Map<string, Set<string>>();
  /** What is asked for now, by URL: `entries` does not list it. */
  private readonly asking = new Map<string, Promise<Kept>>();
  /** How often calls of a module have gone another way. */
  private readonly turns = new Map<string, number>();

  constructor(private readonly options: CacheOptions) {
    options.ways?.onChange((modules) => this.expire(modules));
    options.ways?.onVersion((modules) => this.expire(modules));
    options.ways?.onMember(() => this.forgetAll());
    this.entries = new LRUCache<string, Kept, Question>({
      max: mostEntries,
      maxSize: mostBytes,
      sizeCalculation: ({ length }, key) => length + key.length,
      ttl: options.freshMs,
      noDeleteOnStaleGet: true,
      onInsert: (_answer, url) => {
        const path = spelled(pathOf(url));
        const urls = this.kept.get(path);
        if (urls) urls.add(url);
        else this.kept.set(path, new Set([url]));
      },
      dispose: (_answer, url, why) => {
        if (why === 'set') return;
        const path = spelled(pathOf(url));
        const urls = this.kept.get(path);
        urls?.delete(url);
        if (urls?.size === 0) this.kept.delete(path);
      },
      // Whoever waits for an answer gets it, also when it is not to be kept any more.
      ignoreFetchAbort: true,
      fetchMethod: (url, before, { context }) => this.askNoted(url, before, context),
    });
  }

  get figures(): CacheFigures {
    const { size: entries, calculatedSize: bytes } = this.entries;
    return { ...this.counts, entries, bytes };
  }

  /** Whether nothing that is kept will do: who is sent to a side is answered by it. */
  passBy(headers: IncomingHttpHeaders): boolean {
    return this.options.ways?.cohortHeaders.some((name) => headers[name] !== undefined) ?? false;
  }

  /** The answer, if it is fresh: nobody has to be asked. Whoever gives it says so ({@link given}). */
  fresh(url: string): Kept | undefined {
    const kept = this.entries.get(url);
    return kept?.expired ? undefined : kept;
  }

  /** A fresh answer is given to somebody. */
  given({ stale }: Kept): void {
    this.counts.hits++;
    if (stale) this.counts.stale++;
  }

  /** The answer, asked for if it is not fresh. @throws as {@link fetch} */
  async get(url: string, modules: readonly string[], make: Make): Promise<Kept> {
    const kept = this.fresh(url);
    if (!kept) return this.fetch(url, modules, make);
    this.given(kept);
    return kept;
  }

  /** The answer, asked for now. @throws what `make` throws, unless an answer of before stands in for it. */
  async fetch(url: string, modules: readonly string[], make: Make): Promise<Kept> {
    this.counts.misses++;
    const forceRefresh = this.entries.peek(url)?.expired ?? false;
    const kept = await this.entries.fetch(url, { context: { modules, make }, forceRefresh });
    if (!kept) throw new Error(`nothing was made of ${url}`);
    return kept;
  }

  /** What was changed through this process is to be seen at once: answers of this path, and lists that it stands in. */
  forget(path: string): void {
    // One that is on its way goes to those who wait for it, and is not kept.
    const changed = spelled(path);
    // A list has as many URLs as somebody makes up, and one path.
    for (const [path, urls] of this.kept)
      if (concerns(path, changed)) for (const url of [...urls]) this.entries.delete(url);
    for (const url of this.asking.keys())
      if (concerns(spelled(pathOf(url)), changed)) this.entries.delete(url);
  }

  /** What one shop has said stands in for nothing of another one, also where that is silent. */
  private forgetAll(): void {
    for (const url of this.asking.keys()) this.entries.delete(url);
    this.entries.clear();
  }

  /** Calls of these modules go another way: what they have said is asked for again. */
  private expire(modules: readonly string[]): void {
    for (const module of modules) this.turns.set(module, this.turnOf(module) + 1);
    for (const kept of this.entries.values())
      if (kept.modules.some((module) => modules.includes(module))) kept.expired = true;
  }

  private askNoted(url: string, before: Kept | undefined, { modules, make }: Question): Promise<Kept> {
    const [askedAt, turn] = [performance.now(), this.turnsOf(modules)];
    const noMore = () => {
      if (this.asking.get(url) === question) this.asking.delete(url);
    };
    const question = make().then(
      (made) => {
        noMore();
        return { ...made, modules, askedAt, stale: false, expired: turn !== this.turnsOf(modules) };
      },
      (error: unknown) => {
        noMore();
        if (!before || !isAway(error) || askedAt - before.askedAt > this.options.staleMs) throw error;
        this.counts.stale++;
        return { ...before, stale: true, expired: false };
      },
    );
    this.asking.set(url, question);
    return question;
  }

  private turnsOf = (modules: readonly string[]): number =>
    modules.reduce((sum, module) => sum + this.turnOf(module), 0);

  private turnOf = (module: string): number => this.turns.get(module) ?? 0;
}

/** The path itself, one below it, or a list above it. */
const concerns = (path: string, changed: string): boolean =>
  path === changed || path.startsWith(`${changed}/`) || changed.startsWith(`${path}/`);

const pathOf = (url: string): string => {
  const mark = url.indexOf('?');
  return mark === -1 ? url : url.slice(0, mark);
};

function spelled(path: string): string {
  const lower = (path.includes('%') ? decodeURIComponent(path) : path).toLowerCase();
  return lower.endsWith('/') ? lower.slice(0, -1) : lower;
}

const isAway = (error: unknown): boolean => isDomainError(error) && error.code === 'unavailable';
