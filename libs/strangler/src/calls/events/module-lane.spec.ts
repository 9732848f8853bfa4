import { UnavailableError } from '../../contract/errors.js';
import { currentContext } from '../../database/context.js';
import { clicks, tally } from '../../../../../test/support/clicks.js';
import type { DueKey, EventLog, HandledKey } from './event-log.js';
import type { EventCommand } from './handle-together.js';
import { ModuleLane } from './module-lane.js';
import { Subscribers } from './subscribers.js';

const due = (events: number): DueKey => ({
  ...{ key: 'a', from: 0, seq: 0, head: events, tries: 0, failures: 0, generation: 0 },
  events: Array.from({ length: events }, (_, i) => ({
    ...{ seq: i + 1, id: `0190a7d2-0000-7000-8000-00000000000${i}`, type: 'clicks.clicked' },
    ...{ data: { name: 'a', n: i + 1 }, requestId: 'r', traceparent: null, at: '2026-01-01T00:00:00Z' },
  })),
});

afterEach(() => jest.restoreAllMocks());

it('what took too long together is handled one by one, each with a time of its own; a turn has an end', async () => {
  let now = 1_000;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  const settled: HandledKey[] = [];
  const log = {
    module: 'clicks',
    due: () => Promise.resolve([due(4)]),
    settle: (_subscriber: string, each: readonly HandledKey[]) => Promise.resolve(void settled.push(...each)),
  } as unknown as EventLog;
  const left: number[] = [];
  const router = {
    isTransactional: () => true,
    together: (_module: string, commands: readonly EventCommand[]) => {
      now += 20_000;
      expect(commands).toHaveLength(4);
      return Promise.reject(new UnavailableError('tally', 'the deadline of this call has passed'));
    },
    call: () => {
      left.push(currentContext()!.deadline! - now);
      now += 4_000;
      return Promise.resolve();
    },
  };
  const [subscriber] = new Subscribers([clicks, tally]).modulesOf('clicks');
  const nothing = { stored: () => Promise.resolve(), moved: () => undefined };
  const lane = new ModuleLane({ log, subscriber: subscriber!, ...nothing }, router);
  expect(await lane.fill()).toBe(true);
  await lane.idle();
  expect(left).toEqual([10_000, 10_000, 10_000]);
  expect(settled).toEqual([{ key: 'a', from: 0, seq: 3, generation: 0 }]);
});
