import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { patience } from './patience.js';

/* What would go wrong: whoever waits for a server that hangs waits for ever. */
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Resolves when it ends; until then everything is cleared away that nobody holds. */
async function ended(signal: AbortSignal): Promise<void> {
  const clearing = setInterval(collect, 20);
  await once(signal, 'abort');
  clearInterval(clearing);
}

it('ends when it is over, whatever is cleared away meanwhile', async () => {
  const stop = new AbortController();
  await ended(patience(300, stop.signal));
  expect(stop.signal.aborted).toBe(false);
});

it('ends before, when it is told to', async () => {
  const stop = new AbortController();
  const signal = patience(3_600_000, stop.signal);
  const over = ended(signal);
  stop.abort();
  await over;
  expect(signal.aborted).toBe(true);
});
