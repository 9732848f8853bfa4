import { listen, type Heard } from './live.js';

/** The browser's stream, as far as a test drives it. */
class Source {
  static readonly CLOSED = 2;
  static opened: Source[] = [];
  readyState = 1;
  onerror: () => void = () => undefined;
  constructor() {
    Source.opened.push(this);
  }
  addEventListener(): void {}
  close(): void {
    this.readyState = Source.CLOSED;
  }
  fail(readyState: number): void {
    this.readyState = readyState;
    this.onerror();
  }
}

const realFetch = globalThis.fetch;
let answers: ((status: number, body?: object) => void)[];

beforeEach(() => {
  jest.useFakeTimers();
  answers = [];
  Source.opened = [];
  Object.assign(globalThis, {
    EventSource: Source,
    fetch: () =>
      new Promise((resolve) =>
        answers.push((status, body = {}) => resolve(new Response(JSON.stringify(body), { status }))),
      ),
  });
});
afterEach(() => {
  jest.useRealTimers();
  globalThis.fetch = realFetch;
  Reflect.deleteProperty(globalThis, 'EventSource');
});

function heard() {
  const said: string[] = [];
  const all: Heard = {
    status: () => undefined,
    entry: () => undefined,
    opened: () => undefined,
    failure: (why) => said.push(why),
    ended: () => said.push('ended'),
  };
  return { said, all };
}

const reconnecting = 0;

it('opens one stream again, however many failures come before it is known why', async () => {
  const stop = listen(heard().all);
  Source.opened[0]!.fail(reconnecting);
  Source.opened[0]!.fail(Source.CLOSED);
  for (const answer of answers) answer(503);
  await jest.advanceTimersByTimeAsync(5_000);
  expect(Source.opened).toHaveLength(2);
  stop();
});

it('opens none, and says nothing, once nobody listens any more', async () => {
  const { said, all } = heard();
  const stop = listen(all);
  Source.opened[0]!.fail(Source.CLOSED);
  stop();
  for (const answer of answers) answer(401);
  await jest.advanceTimersByTimeAsync(5_000);
  expect([said, Source.opened.length]).toEqual([[], 1]);
});

it('ends with the session, and not with a failure', async () => {
  const { said, all } = heard();
  listen(all);
  Source.opened[0]!.fail(reconnecting);
  answers[0]!(500, { detail: 'no database' });
  await jest.advanceTimersByTimeAsync(0);
  Source.opened[0]!.fail(Source.CLOSED);
  answers[1]!(200, { actor: null });
  await jest.advanceTimersByTimeAsync(5_000);
  expect(said).toEqual(['no database', 'ended']);
  expect(Source.opened).toHaveLength(1);
});
