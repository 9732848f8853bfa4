import type { Response } from 'express';
import { EventEmitter } from 'node:events';
import { EventStream } from './event-stream.js';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** A client whose connection is as full as a test says: a real one takes megabytes before it is. */
function clientOf(
  connection: { writableNeedDrain?: boolean; writableLength?: number; destroyed?: boolean } = {},
) {
  const written: string[] = [];
  const response = Object.assign(new EventEmitter(), {
    writableNeedDrain: false,
    writableLength: 0,
    writableEnded: false,
    destroyed: false,
    status: () => response,
    set: () => response,
    flushHeaders: () => undefined,
    write: (text: string) => written.push(text),
    destroy: () => void (response.destroyed = true),
    ...connection,
  });
  return { written, response, stream: new EventStream(response as unknown as Response) };
}

it('a client that lags behind misses what the next event replaces, and nothing else', () => {
  const { stream, written } = clientOf({ writableNeedDrain: true });
  stream.sendLatest('status', { items: [] });
  stream.send('entry', { id: 3 }, 3);
  expect(written).toEqual(['event: entry\nid: 3\ndata: {"id":3}\n\n']);
});

it('a client that does not read at all is let go, before it fills the memory', () => {
  const { stream, written, response } = clientOf({ writableLength: 1_000_001 });
  stream.send('entry', {});
  expect(written).toEqual([]);
  expect(response.destroyed).toBe(true);
});

it('a quiet stream shows that it is alive until it is closed', () => {
  const { written, response } = clientOf();
  jest.advanceTimersByTime(31_000);
  expect(written).toEqual([': still here\n\n', ': still here\n\n']);
  response.emit('close');
  expect(jest.getTimerCount()).toBe(0);
});

it('one that was gone before it began leaves nothing behind', () => {
  const { stream } = clientOf({ destroyed: true });
  const left = jest.fn();
  stream.onClose(left);
  expect(left).toHaveBeenCalledTimes(1);
  expect(jest.getTimerCount()).toBe(0);
});
