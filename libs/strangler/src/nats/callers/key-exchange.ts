import type { Msg } from '@nats-io/transport-node';
import { setTimeout as sleep } from 'node:timers/promises';
import { monolithUser } from '../permissions.js';
import { heard, type NatsLink } from '../link.js';
import type { Routes } from '../../routes/routes.js';
import type { CallerKey } from './caller-keys.js';
import type { KeyStore } from './key-store.js';

/** How often a program says its key and asks for the others', in ms; one that is not known is asked for at once. */
const everyMs = 10_000;
/** The same while the monolith is silent: a service that is started then hears of it soon. */
const aloneMs = 1_000;
/** How soon it may be asked again, in ms: whoever sends rubbish does not decide how often. */
const leastMs = 500;

/** How long keys that are said are collected until they are stored and answered together, in ms. */
const roundMs = 100;
/** Most that are taken of one program in a round; and the longest that is looked at, in bytes. */
const [mostOfOne, mostBytes] = [64, 1_024];

/** A key that a program has said. */
interface Offer {
  readonly said: CallerKey;
  readonly message: Msg;
}

/** What the shop answers: the keys of all, and its time. */
interface Answer {
  readonly now: number;
  readonly keys: readonly CallerKey[];
}

/**
 * For the monolith: its own key is made, those of the others are taken when they say them, and all are told to each. Who may say a key for
 * a program is what permissions of NATS say ({@link natsPermissions}). `programs`: those that there are beside the modules.
 * Returns the way to stop.
 */
export async function tellKeys(
  link: NatsLink,
  routes: Routes,
  store: KeyStore,
  programs: readonly string[] = [],
): Promise<() => void> {
  const { keys, subjects } = link;
  const own = keys.hold(await store.own(), monolithUser);
  const read = async () => {
    // A database that was moved is another one.
    await store.add([{ ...own, ...(await store.standing()), program: monolithUser }]);
    keys.learn(await store.all());
    // Copies of the monolith on hosts whose clocks differ agree by that.
    keys.setTime(await store.time());
  };
  await read();
  // Another process of the monolith may have heard of it.
  keys.onUnknown(seldom(read));
  const isProgram = (name: string) => routes.entryOf(name) !== undefined || programs.includes(name);
  // By program.
  const offers = new Map<string, Offer[]>();
  const takeAll = async (): Promise<void> => {
    const taken = [...offers.values()];
    offers.clear();
    // Rubbish of one hurts no other.
    const stored = await Promise.all(taken.map((those) => isStored(store, those)));
    await read();
    const answer = JSON.stringify({ now: keys.now(), keys: keys.all } satisfies Answer);
    for (const { message } of taken.filter((_those, at) => stored[at]).flat()) message.respond(answer);
  };
  let isTaking = false;
  const take = async (): Promise<void> => {
    if (isTaking) return;
    isTaking = true;
    while (offers.size > 0) {
      // Who gets no answer asks again.
      await takeAll().catch(() => undefined);
      await sleep(roundMs, undefined, { ref: false });
    }
    isTaking = false;
  };
  const hear = (message: Msg): void => {
    const [program, shop] = message.subject.split('.').slice(-2);
    if (shop !== routes.member?.shop || program === undefined || !isProgram(program)) return;
    const those = offers.get(program) ?? [];
    const said = those.length < mostOfOne && keyIn(message, program);
    if (!said) return;
    offers.set(program, [...those, { said, message }]);
    void take();
  };
  const stopHearing = routes.onMember(() => void read().catch(() => undefined));
  const stop = link.listen((connection) => [
    connection.subscribe(subjects.keysOffered('*', '*'), {
      callback: heard(hear),
    }),
  ]);
  return () => {
    stop();
    stopHearing();
  };
}

/**
 * For a shop of fakes: a program that says a key is taken at its word, whatever its name, and told all of them. `known`: those that were said before.
 * Returns the way to stop.
 */
export const takeKeys = (link: NatsLink, routes: Routes, known: Map<string, CallerKey>): (() => void) =>
  link.listen((connection) => [
    connection.subscribe(link.subjects.keysOffered('*', '*'), {
      callback: heard((message) => {
        const [program = '', shop] = message.subject.split('.').slice(-2);
        const said = shop === routes.member?.shop ? keyIn(message, program) : undefined;
        if (!said) return;
        const { keys } = link;
        keys.learn([...known.set(said.kid, said).values()]);
        message.respond(JSON.stringify({ now: keys.now(), keys: keys.all } satisfies Answer));
      }),
    }),
  ]);

/**
 * For a service: hears the keys that programs say to it while the monolith is silent. What it answers says that it was heard, and nothing
 * of others' keys: whoever may hear here is not whose word counts on them. Returns the way to stop.
 */
export const hearKeys = (link: NatsLink, routes: Routes, programs: readonly string[]): (() => void) =>
  link.listen((connection) => [
    connection.subscribe(link.subjects.keysTold('*', '*'), {
      callback: heard((message) => {
        const [program = '', shop] = message.subject.split('.').slice(-2);
        if (shop !== routes.member?.shop || !programs.includes(program)) return;
        const said = keyIn(message, program);
        if (!said) return;
        link.keys.hear(said);
        message.respond();
      }),
    }),
  ]);

/**
 * For every other program: says its key to the monolith of its shop, hears the others', and keeps them for a start without a monolith. While
 * that is silent it says its key to the services. Returns the way to stop.
 *
 * @internal
 */
export async function offerKey(
  link: NatsLink,
  routes: Routes,
  store: KeyStore,
  program: string,
): Promise<() => void> {
  const { keys, subjects } = link;
  const own = keys.hold(await store.own(), program);
  keys.learn(await store.all());
  let isAlone = false;
  const offer = async (): Promise<void> => {
    const { member } = routes;
    const { current } = link;
    if (!member || !current) return;
    const said = JSON.stringify({ ...own, ...(await store.standing()) });
    const tell = (subject: string) =>
      // Nobody is there, or not yet: what was heard last goes on to count.
      current.request(subject, said, { timeout: 1_000 }).catch(() => undefined);
    const message = await tell(subjects.keysOffered(program, member.shop));
    const answer = message && answerIn(message);
    isAlone = answer === undefined;
    if (!answer) {
      if (await tell(subjects.keysTold(program, member.shop))) keys.wereHeard();
      return;
    }
    keys.setTime(answer.now);
    if (JSON.stringify(answer.keys) === JSON.stringify(keys.all)) return;
    keys.learn(answer.keys);
    await store.replace(answer.keys);
  };
  let askedAt = -Infinity;
  const ask = seldom(async () => {
    askedAt = performance.now();
    await offer().catch(() => undefined);
  });
  keys.onUnknown(ask);
  const look = () => {
    if (performance.now() - askedAt >= (isAlone ? aloneMs : everyMs)) void ask();
  };
  const timer = setInterval(look, aloneMs).unref();
  link.onUp(() => void ask());
  const stopHearing = routes.onMember(() => void ask());
  if (routes.member) await ask();
  return () => {
    clearInterval(timer);
    stopHearing();
  };
}

/** `work`, once for all who want it, and not again so soon after it was done. */
function seldom(work: () => Promise<void>): () => Promise<void> {
  let free = -Infinity;
  let running: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    const waitMs = free - performance.now();
    if (waitMs > 0) await sleep(waitMs, undefined, { ref: false });
    await work();
  };
  return () => {
    running ??= run().finally(() => {
      free = performance.now() + leastMs;
      running = undefined;
    });
    return running;
  };
}

/** Whether what one program says was stored. */
const isStored = (store: KeyStore, those: readonly Offer[]): Promise<boolean> =>
  store.add([...new Map(those.map(({ said }) => [said.kid, said])).values()]).then(
    () => true,
    () => false,
  );

/** What a program says of itself; whose it is says the subject. */
function keyIn(message: Msg, program: string): CallerKey | undefined {
  if (message.data.length > mostBytes) return undefined;
  const said = jsonIn(message) as Partial<Record<string, unknown>> | undefined;
  const { kid, database, key, allSign } = said ?? {};
  return isShort(kid) && isShort(database) && isShort(key) && typeof allSign === 'boolean'
    ? { kid, program, database, key, allSign }
    : undefined;
}

function answerIn(message: Msg): Answer | undefined {
  const said = jsonIn(message) as Partial<Answer> | undefined;
  if (typeof said?.now !== 'number' || !Array.isArray(said.keys)) return undefined;
  const keys = (said.keys as Partial<CallerKey>[]).filter(isKey);
  return { now: said.now, keys };
}

const isKey = (value: Partial<CallerKey> | null): value is CallerKey =>
  value !== null &&
  typeof value.allSign === 'boolean' &&
  [value.kid, value.program, value.database, value.key].every(isShort);

const isShort = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= 200;

function jsonIn(message: Msg): object | undefined {
  try {
    const value = message.json<unknown>();
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
