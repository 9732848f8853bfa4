import { sleepUnless, stopOnSignal } from './stop.js';

describe('a stop', () => {
  let now: number;
  let exit: jest.SpyInstance;

  beforeEach(() => {
    now = 1_000_000;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    exit = jest.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  });

  afterEach(() => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.removeAllListeners(signal);
    jest.restoreAllMocks();
  });

  it('lets the account be drawn up, although npm sends every Ctrl-C twice', () => {
    const stop = stopOnSignal();
    expect(stop.aborted).toBe(false);
    process.emit('SIGINT');
    now += 20;
    process.emit('SIGINT');
    expect(stop.aborted).toBe(true);
    expect(exit).not.toHaveBeenCalled();
  });

  it('gives in to whoever does not want to wait', () => {
    stopOnSignal();
    process.emit('SIGTERM');
    now += 1_500;
    process.emit('SIGINT');
    expect(exit).toHaveBeenCalledWith(130);
  });

  it('ends a wait at once', async () => {
    const stop = new AbortController();
    const waits = [sleepUnless(stop.signal, 0), sleepUnless(stop.signal, 60_000)];
    expect(await waits[0]).toBe(true);
    stop.abort();
    expect(await waits[1]).toBe(false);
    expect(await sleepUnless(stop.signal, 0)).toBe(false);
  });
});
