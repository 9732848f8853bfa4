import { getEventListeners } from 'node:events';
import { NatsFinder } from './find-nats.js';

it('a download that fails is tried again after ever longer pauses up to a minute, and told once', async () => {
  const tries: number[] = [];
  const told: string[] = [];
  const { signal } = new AbortController();
  let second = 0;
  const offline = (_target: string, own: AbortSignal) => {
    tries.push(second);
    own.addEventListener('abort', () => undefined); // as a program does that could not be run
    return Promise.reject(new Error(`no route at ${second} s`));
  };
  const finder = new NatsFinder(
    '/nowhere',
    offline,
    () => second * 1_000,
    [],
    () => Promise.resolve(false),
  );
  for (; second < 300; second += 2.5) {
    const search = { tell: (line: string) => void told.push(line), signal };
    await expect(finder.find(search)).rejects.toThrow(
      /^nats-server was not found and not downloaded \(no route at [\d.]+ s\): install it \(.*\)$/,
    );
  }
  expect(tries).toEqual([0, 5, 15, 35, 75, 135, 195, 255]);
  expect(told).toEqual([expect.stringMatching(/downloading it/)]);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
