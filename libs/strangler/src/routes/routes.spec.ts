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

describe('an entry', () => {
  const at = (version: number, phase: RouteEntry['phase'], start = 'monday'): RouteEntry => ({
    ...routeOf(phase),
    ...{ version, start },
  });
  let routes: Routes;
  beforeEach(() => {
    routes = new Routes();
    routes.replace({ shelf: at(7, 'shifting'), till: at(3, 'monolith') });
  });

  it('that is older than what is known counts nothing, whoever brings it, and others beside it do', () => {
    routes.replace({ shelf: at(6, 'extracted'), till: at(4, 'shadow') });
    expect(routes.snapshot()).toEqual({ shelf: at(7, 'shifting'), till: at(4, 'shadow') });
  });

  it('of the same version may tell what the row does not say: that a side is degraded', () => {
    routes.replace({ shelf: { ...at(7, 'shifting'), degraded: true }, till: at(3, 'monolith') });
    expect(routes.entryOf('shelf')).toMatchObject({ degraded: true });
  });

  it('of a database that was started anew cannot be compared, so it counts', () => {
    routes.replace({ shelf: at(2, 'monolith', 'tuesday'), till: at(3, 'monolith', 'tuesday') });
    expect(routes.phaseOf('shelf')).toBe('monolith');
  });

  it('that is newer and says the same is no news, and remembered', () => {
    const told = jest.fn();
    const renewed = jest.fn();
    const stops = [routes.onChange(told), routes.onVersion(renewed)];
    routes.replace({ shelf: at(9, 'shifting'), till: at(3, 'monolith') });
    expect(told).not.toHaveBeenCalled();
    expect(renewed.mock.calls).toEqual([[['shelf']]]);
    routes.replace({ shelf: at(9, 'shifting'), till: at(3, 'monolith') });
    expect(renewed).toHaveBeenCalledTimes(1);
    routes.replace({ shelf: at(8, 'extracted'), till: at(3, 'monolith') });
    expect(routes.phaseOf('shelf')).toBe('shifting');
    for (const stop of stops) stop();
  });
});
