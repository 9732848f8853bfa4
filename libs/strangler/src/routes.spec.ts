import { routeOf, Routes, type RouteEntry } from './routes.js';

describe('a new table', () => {
  it('tells listeners the modules that changed, and nothing when none did', () => {
    const routes = new Routes();
    const told: string[][] = [];
    routes.onChange((changed) => told.push(changed));
    routes.replace({ shelf: routeOf('monolith'), till: routeOf('monolith') });
    routes.replace({ shelf: routeOf('extracted'), till: routeOf('monolith') });
    routes.replace({ till: routeOf('monolith'), shelf: routeOf('extracted') });
    routes.replace({ till: routeOf('monolith') });
    expect(told).toEqual([['shelf', 'till'], ['shelf'], ['shelf']]);
    expect(routes.phaseOf('shelf')).toBeUndefined();
  });

  it('is in force before listeners hear of it', () => {
    const routes = new Routes();
    let seen: unknown;
    routes.onChange(() => (seen = routes.phaseOf('shelf')));
    routes.replace({ shelf: routeOf('extracted') });
    expect(seen).toBe('extracted');
  });

  it('is a copy: changing the object that was handed in moves no call', () => {
    const routes = new Routes();
    const table: Record<string, RouteEntry> = { shelf: routeOf('monolith') };
    routes.replace(table);
    table['shelf'] = routeOf('extracted');
    expect(routes.phaseOf('shelf')).toBe('monolith');
  });

  it('is not told to a listener that has left', () => {
    const routes = new Routes();
    const heard = jest.fn();
    const stop = routes.onChange(heard);
    stop();
    routes.replace({ shelf: routeOf('extracted') });
    expect(heard).not.toHaveBeenCalled();
  });
});

describe('a call for a module that this process has not heard of', () => {
  it('waits until it hears, and is told at once when it knows', async () => {
    const routes = new Routes();
    const learnt = routes.learn('shelf', 60_000);
    routes.replace({ shelf: routeOf('extracted') });
    expect(await learnt).toEqual(routeOf('extracted'));
    expect(await routes.learn('shelf', 0)).toEqual(routeOf('extracted'));
  });

  it('gives up after a while', async () => {
    expect(await new Routes().learn('shelf', 1)).toBeUndefined();
  });

  it('is one of a hundred, and all hear', async () => {
    const routes = new Routes();
    const learnt = Array.from({ length: 100 }, () => routes.learn('shelf', 60_000));
    routes.replace({ shelf: routeOf('monolith') });
    for (const entry of await Promise.all(learnt)) expect(entry).toEqual(routeOf('monolith'));
  });
});

it('NATS is needed as soon as one module is away', () => {
  const routes = new Routes();
  expect(routes.anyAway).toBe(false);
  routes.replace({ shelf: routeOf('monolith'), till: routeOf('monolith') });
  expect(routes.anyAway).toBe(false);
  routes.replace({ shelf: routeOf('monolith'), till: routeOf('extracted') });
  expect(routes.anyAway).toBe(true);
});

it('any change of an entry is told, and nothing else', () => {
  const routes = new Routes();
  const told = jest.fn();
  const shifting = { ...routeOf('shifting'), cohorts: [{ header: 'x-user-group', equals: 'beta' }] };
  routes.replace({ shelf: shifting });
  routes.onChange(told);
  routes.replace({ shelf: { ...shifting, cohorts: shifting.cohorts.map((cohort) => ({ ...cohort })) } });
  expect(told).not.toHaveBeenCalled();
  routes.replace({ shelf: { ...shifting, extractedBelow: 1 } });
  routes.replace({ shelf: { ...shifting, extractedBelow: 1, cohorts: [] } });
  expect(told).toHaveBeenCalledTimes(2);
});

it('is as fresh as when it was told last, changed or not', () => {
  const routes = new Routes();
  expect(routes.freshMs).toBe(Infinity);
  const clock = jest.spyOn(performance, 'now').mockReturnValue(1_000);
  routes.replace({ shelf: routeOf('monolith') });
  clock.mockReturnValue(1_700);
  expect(routes.freshMs).toBe(700);
  routes.replace({ shelf: routeOf('monolith') });
  expect(routes.freshMs).toBe(0);
  clock.mockRestore();
});
