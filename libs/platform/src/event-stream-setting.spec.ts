import { eventStreamSetting } from './event-stream-setting.js';

const EVENT_STREAM = 'EVENTS';

it('outsiders are told of nothing, unless a stream is named', () => {
  expect(eventStreamSetting({})).toBeUndefined();
  expect(eventStreamSetting({ EVENT_STREAM })).toEqual({
    ...{ name: 'EVENTS', maxAgeMs: 14 * 86_400_000, maxBytes: 2 ** 30, readers: {} },
  });
});

it('what it keeps, and who reads what', () => {
  const more = { EVENT_STREAM_AGE: '2d', EVENT_STREAM_MB: '10' };
  const EVENT_READERS = 'warehouse:orders.confirmed, stock:inventory.>, reports:>';
  expect(eventStreamSetting({ EVENT_STREAM, ...more, EVENT_READERS })).toEqual({
    ...{ name: 'EVENTS', maxAgeMs: 2 * 86_400_000, maxBytes: 10 * 2 ** 20 },
    readers: { warehouse: 'orders.confirmed', stock: 'inventory.>', reports: '>' },
  });
});

it.each([
  [{ EVENT_READERS: 'warehouse:>' }, 'they read a stream'],
  [{ EVENT_STREAM: 'my events' }, 'the name of a stream is expected'],
  [{ EVENT_STREAM, EVENT_STREAM_MB: '0' }, 'a stream needs room'],
  [{ EVENT_STREAM, EVENT_STREAM_AGE: '1s' }, 'is expected'],
  [{ EVENT_STREAM, EVENT_READERS: 'warehouse' }, 'who reads what is expected'],
  [{ EVENT_STREAM, EVENT_READERS: 'ware house:>' }, 'who reads what is expected'],
  [{ EVENT_STREAM, EVENT_READERS: 'a:>,a:orders.confirmed' }, 'each once'],
  [{ EVENT_STREAM, EVENT_READERS: 'a:orders.*' }, 'who reads what is expected'],
])('%j is refused', (env, why) => {
  expect(() => eventStreamSetting(env)).toThrow(why);
});
