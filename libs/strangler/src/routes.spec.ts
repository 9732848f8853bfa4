import { Routes } from './routes.js';

describe('a new table', () => {
  it('tells listeners the modules that changed, and nothing when none did', () => {
    const routes = new Routes();
    const told: string[][] = [];
    routes.onChange((changed) => told.push(changed));
    routes.replace({ shelf: 'monolith', till: 'monolith' });
    routes.replace({ shelf: 'extracted', till: 'monolith' });
    routes.replace({ till: 'monolith', shelf: 'extracted' });
    routes.replace({ till: 'monolith' });
    expect(told).toEqual([['shelf', 'till'], ['shelf'], ['shelf']]);
    expect(routes.phaseOf('shelf')).toBeUndefined();
  });

  it('is in force before listeners hear of it', () => {
    const routes = new Routes();
    let seen: unknown;
    routes.onChange(() => (seen = routes.phaseOf('shelf')));
    routes.replace({ shelf: 'extracted' });
    expect(seen).toBe('extracted');
  });

  it('is a copy: changing the object that was handed in moves no call', () => {
    const routes = new Routes();
    const table: Record<string, 'monolith' | 'extracted'> = { shelf: 'monolith' };
    routes.replace(table);
    table['shelf'] = 'extracted';
    expect(routes.phaseOf('shelf')).toBe('monolith');
  });

  it('is not told to a listener that has left', () => {
    const routes = new Routes();
    const heard = jest.fn();
    const stop = routes.onChange(heard);
    stop();
    routes.replace({ shelf: 'extracted' });
    expect(heard).not.toHaveBeenCalled();
  });
});

describe('a call for a module that this process has not heard of', () => {
  it('waits until it hears, and is told at once when it knows', async () => {
    const routes = new Routes();
    const learnt = routes.learn('shelf', 60_000);
    routes.replace({ shelf: 'extracted' });
    expect(await learnt).toBe('extracted');
    expect(await routes.learn('shelf', 0)).toBe('extracted');
  });

  it('gives up after a while', async () => {
    expect(await new Routes().learn('shelf', 1)).toBeUndefined();
  });

  it('is one of a hundred, and all hear', async () => {
    const routes = new Routes();
    const learnt = Array.from({ length: 100 }, () => routes.learn('shelf', 60_000));
    routes.replace({ shelf: 'monolith' });
    expect(new Set(await Promise.all(learnt))).toEqual(new Set(['monolith']));
  });
});

it('NATS is needed as soon as one module is away', () => {
  const routes = new Routes();
  expect(routes.anyAway).toBe(false);
  routes.replace({ shelf: 'monolith', till: 'monolith' });
  expect(routes.anyAway).toBe(false);
  routes.replace({ shelf: 'monolith', till: 'extracted' });
  expect(routes.anyAway).toBe(true);
});
