import { Logger } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pause, until } from '../../../../test/support/until.js';
import type { PassThroughOptions } from '../pass-through.js';
import { openGate, type Gate } from '../testing/gate.js';
import { rawServer } from '../../../../test/support/raw.js';
import { checkPath, TestUpstream } from '../testing/test-upstream.js';
import { upstreamGauges } from './pool-gauges.js';
import { defaultRules, type PoolRules } from './rules.js';
import { UpstreamPool } from './upstream-pool.js';

const never = 3_600_000;
const neverOpen = { ...defaultRules.breaker, least: Infinity };

/* Real clients, a real pass-through and real servers, which are killed, fall silent, or say that they cannot. */
describe('a pool of copies', () => {
  beforeAll(() => Logger.overrideLogger(false));
  let upstreams: TestUpstream[] = [];
  let pool: UpstreamPool;
  let gate: Gate;
  const closing: (() => void | Promise<void>)[] = [];

  interface Given {
    rules?: Partial<PoolRules>;
    times?: PassThroughOptions['times'];
    /** A clock that stands still, unless it is set. */
    now?: () => number;
    random?: () => number;
  }
  async function openPool(copies: readonly string[], { rules, times, ...given }: Given = {}): Promise<void> {
    const checks = { ...defaultRules.checks, everyMs: never };
    const one = new UpstreamPool({
      name: 'legacy',
      copies,
      checkPath,
      rules: { checks, ...rules },
      ...given,
    });
    pool = one;
    gate = await openGate({
      ...{ upstreamOf: one.choose, mayMove: one.mayMove, onDone: one.done },
      ...(times && { times }),
    });
    closing.push(gate.close, () => one.close());
  }
  /** A pool of so many copies, which nobody checks. */
  async function open(count: number, given?: Given): Promise<TestUpstream[]> {
    upstreams = await Promise.all(Array.from({ length: count }, () => TestUpstream.open()));
    for (const upstream of upstreams) closing.push(() => upstream.kill());
    await openPool(
      upstreams.map(({ url }) => url),
      given,
    );
    return upstreams;
  }
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  /** The status of an answer that has come in full; or that there was none. */
  async function send(init: RequestInit = {}): Promise<number | string> {
    try {
      const answer = await fetch(gate.url, init);
      await answer.text();
      return answer.status;
    } catch {
      return 'broken off';
    }
  }
  const sendAll = (count: number, init?: RequestInit) =>
    Promise.all(Array.from({ length: count }, () => send(init)));
  const post = () => send({ method: 'POST', body: 'an order' });
  const statuses = async (count: number, init?: RequestInit) => [...new Set(await sendAll(count, init))];
  const seen = () => upstreams.reduce((sum, upstream) => sum + upstream.seen.length, 0);
  const ejected = () => pool.figures.copies.map((copy) => copy.ejected);
  const has = (what: string, condition: () => boolean) => until(what, () => condition() || undefined);
  /** Requests until something has come of them. */
  const sendUntil = (what: string, condition: () => boolean) =>
    until(what, async () => {
      await sendAll(8);
      return condition() || undefined;
    });

  const fails = (request: IncomingMessage) => void request.socket.destroy();
  const busy = (_request: IncomingMessage, response: ServerResponse) => void response.writeHead(503).end();
  const silent = () => undefined;
  const works = (_request: IncomingMessage, response: ServerResponse) => void response.end('yes');
  /** Holds answers back until they are released. */
  const held = () => {
    const responses: ServerResponse[] = [];
    return {
      answer: (_request: IncomingMessage, response: ServerResponse) => void responses.push(response),
      release: () => responses.splice(0).forEach((response) => response.end('yes')),
    };
  };
  const still = () => 0;

  describe('whose copy fails', () => {
    it('fails no GET when it is killed under load', async () => {
      const [one, other] = await open(2);
      const failures: unknown[] = [];
      let [sent, loaded] = [0, true];
      const clients = Array.from({ length: 20 }, async () => {
        for (; loaded; sent++) {
          const outcome = await send();
          if (outcome !== 200) failures.push(outcome);
        }
      });
      await has('both have requests', () => one!.seen.length > 50 && other!.seen.length > 50);
      // Those that it has at that moment are lost with it.
      one!.answer = silent;
      await has('it has some', () => pool.figures.copies[0]!.inFlight > 3);
      await one!.kill();
      const before = sent;
      await has('the load goes on', () => sent > before + 100);
      loaded = false;
      await Promise.all(clients);
      expect(failures).toEqual([]);
      expect(ejected()).toEqual([true, false]);
    });

    it('never sends a POST twice, whatever becomes of it', async () => {
      await open(2, { rules: { breaker: neverOpen }, times: { tryMs: 10, idleMs: 100 } });
      const late = (request: IncomingMessage) => void request.resume().on('end', () => fails(request));
      for (const answer of [fails, busy, late, silent]) {
        for (const upstream of upstreams) upstream.answer = answer;
        const before = seen();
        for (let count = 0; count < 6; count++) expect(await post()).toBeGreaterThanOrEqual(502);
        await has('all are heard of', () => seen() - before >= 6);
        expect(seen() - before).toBe(6);
      }
      expect(pool.figures.retries).toEqual({ taken: 0, refused: 0 });
    });

    it('sends a POST to another copy where nothing listens: it has not been sent', async () => {
      const [one, other] = await open(2, { now: still });
      await one!.kill();
      for (let count = 0; count < 12; count++) expect(await post()).toBe(200);
      expect(other!.seen).toHaveLength(12);
    });

    it('asks another copy where a safe request gets 503, and gives that back when there is no other', async () => {
      const [one, other] = await open(2);
      one!.answer = busy;
      expect(await statuses(20, { method: 'HEAD' })).toEqual([200]);
      other!.answer = busy;
      expect(await send({ method: 'OPTIONS' })).toBe(503);
    });

    it('multiplies no load: retries are a share of the requests', async () => {
      const budget = { share: 0.2, perSecond: 0, windowMs: 10_000 };
      await open(4, { now: still, rules: { budget } });
      for (const upstream of upstreams) upstream.answer = busy;
      expect(await statuses(100)).toEqual([503]);
      expect(seen()).toBeGreaterThan(100);
      expect(seen()).toBeLessThanOrEqual(120);
      expect(pool.figures.retries.refused).toBeGreaterThan(0);
    });

    it('ejects at most half, so that those who are left are not overrun', async () => {
      const [good] = await open(4, { now: still, rules: { breaker: neverOpen } });
      for (const upstream of upstreams.slice(1)) upstream.answer = fails;
      const out = () => ejected().filter(Boolean).length;
      await sendUntil('two are out', () => out() === 2);
      const before = good!.seen.length;
      await sendAll(40);
      expect(out()).toBe(2);
      expect(ejected()[0]).toBe(false);
      expect(good!.seen.length).toBeGreaterThan(before);
    });

    it('counts an answer that breaks off against it, and asks nobody else once an answer has begun', async () => {
      const [one, other] = await open(2, { now: still });
      one!.answer = (request, response) => {
        response.writeHead(200, { 'content-length': 100 });
        response.write('half', () => fails(request));
      };
      await sendUntil('it is out', () => ejected()[0]!);
      expect(pool.figures.retries.taken).toBe(0);
      expect(await statuses(8)).toEqual([200]);
      expect(other!.seen.length).toBeGreaterThan(8);
    });

    it('holds an answer without an end against nobody', async () => {
      await open(2, { times: { totalMs: 1_000 } });
      for (const upstream of upstreams) upstream.answer = (_request, response) => void response.write('.');
      expect(await statuses(16)).toEqual(['broken off']);
      expect(pool.figures.endings).toEqual({ too_long: 16 });
      expect(ejected()).toEqual([false, false]);
    });

    it('takes it back after its time', async () => {
      let clock = 0;
      const [one] = await open(2, { now: () => clock });
      one!.answer = busy;
      await sendUntil('it is out', () => ejected()[0]!);
      one!.answer = works;
      const before = one!.seen.length;
      await sendAll(8);
      expect(one!.seen).toHaveLength(before);
      clock += defaultRules.ejection.baseMs;
      await sendUntil('it has requests', () => one!.seen.length > before);
    });
  });

  describe('whose copy is slow', () => {
    it('gives it fewer requests', async () => {
      const [slow, quick] = await open(2);
      const { answer, release } = held();
      slow!.answer = answer;
      let loaded = true;
      const clients = Array.from({ length: 6 }, async () => {
        while (loaded) await send();
      });
      await has('the quick one has had most', () => quick!.seen.length > 100);
      expect(slow!.seen.length).toBeLessThan(6);
      loaded = false;
      slow!.answer = works;
      release();
      await Promise.all(clients);
    });

    it('asks another one after the time for a try', async () => {
      const [one] = await open(2, { times: { tryMs: 20 }, random: () => 0 });
      one!.answer = silent;
      expect(await send()).toBe(200);
      await has('the first has heard of it', () => seen() > 1);
      expect(upstreams.map((upstream) => upstream.seen.length)).toEqual([1, 1]);
    });

    it('waits on where nobody else can be asked', async () => {
      const [one] = await open(1, { times: { tryMs: 1 } });
      const { answer, release } = held();
      one!.answer = answer;
      const asked = send();
      await has('it is asked', () => seen() === 1);
      await pause(20);
      release();
      expect(await asked).toBe(200);
    });

    it('keeps the total time, whatever is tried', async () => {
      await open(3, { times: { tryMs: 30, totalMs: 100 } });
      for (const upstream of upstreams) upstream.answer = silent;
      expect(await send()).toBe(504);
      expect(seen()).toBeLessThanOrEqual(3);
    });
  });

  describe('that is full', () => {
    it('lets some wait, and refuses the others with the time to come back', async () => {
      const [one] = await open(1, { rules: { limits: { connections: 2, queue: 3 } } });
      const { answer, release } = held();
      one!.answer = answer;
      const all = Array.from({ length: 5 }, () => send());
      await has('all places are taken', () => seen() === 2 && pool.figures.copies[0]!.inFlight === 5);
      const refused = await fetch(gate.url);
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
      await has('those who waited are served', () => (release(), seen() === 5));
      release();
      expect(await Promise.all(all)).toEqual([200, 200, 200, 200, 200]);
    });

    it('lets nobody wait for long, and holds that against no copy', async () => {
      const rules = {
        limits: { connections: 1, queue: 100 },
        ejection: { ...defaultRules.ejection, errors: 1 },
      };
      await open(2, { rules, times: { connectMs: 500 } });
      const { answer, release } = held();
      for (const upstream of upstreams) upstream.answer = answer;
      const first = sendAll(2);
      await has('both have one', () => seen() === 2);
      expect(await statuses(4)).toEqual([503]);
      release();
      expect(await first).toEqual([200, 200]);
      expect(ejected()).toEqual([false, false]);
    });

    it('has its place back when a client goes away, and holds that against no copy', async () => {
      const [one] = await open(1, { rules: { limits: { connections: 1, queue: 0 } } });
      one!.answer = silent;
      const gone = new AbortController();
      const first = send({ signal: gone.signal });
      await has('the place is taken', () => seen() === 1);
      gone.abort();
      await first;
      await has('it is free', () => pool.figures.copies[0]!.inFlight === 0);
      one!.answer = works;
      expect(await send()).toBe(200);
      expect(pool.figures.endings).toEqual({ client_gone: 1, answered: 1 });
    });
  });

  describe('that nobody answers for', () => {
    it('sends nothing more, tries with one request at a time, and goes on when that is answered', async () => {
      let clock = 0;
      const [one] = await open(1, { now: () => clock });
      const { port } = one!;
      await one!.kill();
      expect(await statuses(20)).toEqual([502]);
      expect(await statuses(3)).toEqual([503]);
      clock += defaultRules.breaker.openMs;
      expect(await send()).toBe(502);
      expect(await send()).toBe(503);
      const again = await TestUpstream.open(port);
      closing.push(() => again.kill());
      expect(await send()).toBe(503);
      clock += defaultRules.breaker.openMs;
      expect(await send()).toBe(200);
      expect(await statuses(3)).toEqual([200]);
      expect(pool.figures).toMatchObject({ open: false, endings: { refused: 21, open: 5, answered: 4 } });
    });
  });

  describe('that is checked', () => {
    const checks = { ...defaultRules.checks, everyMs: 5 };
    const healthy = () => pool.figures.copies.map((copy) => copy.healthy);

    it('gives nothing to a copy that does not answer to checks, until it does again', async () => {
      const [one, other] = await open(2, { rules: { checks } });
      one!.health = 500;
      await has('it is out', () => !healthy()[0]);
      expect(await statuses(20)).toEqual([200]);
      expect([one!.seen.length, other!.seen.length]).toEqual([0, 20]);
      one!.health = 302;
      await has('it is back', () => healthy()[0]!);
      await sendUntil('it has requests', () => one!.seen.length > 0);
    });

    it('uses all copies when none is healthy: checks can be wrong', async () => {
      await open(2, { rules: { checks } });
      for (const upstream of upstreams) upstream.health = 503;
      await has('all are out', () => !healthy().includes(true));
      expect(pool.troubles[1]).toMatch(
        /^http:.* does not answer to checks \(GET \/.* is answered with 503\)$/,
      );
      expect(await statuses(4)).toEqual([200]);
    });

    it('takes a copy that accepts and says nothing for unhealthy, and asks one question at a time', async () => {
      const server = await rawServer(silent);
      closing.push(server.close);
      await openPool([`http://127.0.0.1:${server.port}`], {
        rules: { checks: { ...checks, patienceMs: 20 } },
      });
      await has('it is out', () => !healthy()[0]);
      expect(server.heard.length).toBeGreaterThanOrEqual(checks.fall);
      await has('earlier questions are given up', () => server.sockets.size <= 1);
    });

    it('asks no more once it is closed', async () => {
      const [one] = await open(1, { rules: { checks } });
      await has('it is checked', () => one!.checks > 0);
      pool.close();
      const before = one!.checks;
      // Nothing that was on its way comes later than this.
      await one!.kill();
      expect(one!.checks - before).toBeLessThanOrEqual(1);
    });
  });

  it('tells a scrape what became of its requests, and how its copies are', async () => {
    const [one] = await open(2, { now: still });
    await one!.kill();
    await sendUntil('one is out', () => ejected()[0]!);
    const { gauges, read } = upstreamGauges(() => [pool]);
    const told = await read();
    expect(Object.keys(told)).toEqual(Object.keys(gauges));
    const [upstream, { copies, endings }] = ['legacy', pool.figures];
    expect(told.edge_upstream_requests).toEqual([
      { labels: { upstream, outcome: 'answered' }, value: endings.answered },
    ]);
    expect(told.edge_upstream_ejected).toEqual([
      { labels: { upstream, copy: copies[0]!.host }, value: 1 },
      { labels: { upstream, copy: copies[1]!.host }, value: 0 },
    ]);
    expect(told.edge_upstream_retries[0]!.value).toBeGreaterThanOrEqual(defaultRules.ejection.errors);
  });
});
