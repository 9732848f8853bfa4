import { Logger } from '@nestjs/common';
import { followRoutes, NatsLink, publishRoutes, routeOf, Routes } from '#strangler';
import { startNats, type TestNats } from '../support/nats.js';
import { until } from '../support/until.js';

/*
 * One of several processes of the monolith cannot read its database any more, but still answers over NATS what it once knew. Who
 * asks it must not take that for news: an owner's reads go without a check where routes are fresh, and the controller waits only
 * as long as these can be out of date.
 */
let nats: TestNats;
const links: NatsLink[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  nats = await startNats();
});
afterAll(async () => {
  for (const link of links) await link.close();
  await nats.stop();
});

function connected(): NatsLink {
  const link = new NatsLink(() => Promise.resolve({ servers: nats.url }));
  link.start();
  links.push(link);
  return link;
}

it('routes are as old as with the process that tells them', async () => {
  const told = new Routes();
  const minuteMs = 60_000;
  told.replace({ shelf: routeOf('extracted') }, performance.now() - minuteMs);
  publishRoutes(connected(), told);
  const heard = new Routes();
  const stop = followRoutes(connected(), heard);
  const replaced = jest.spyOn(heard, 'replace');
  await until('it has asked, and was answered', () =>
    heard.phaseOf('shelf') && replaced.mock.calls.some(([, askedAt]) => askedAt !== -Infinity)
      ? true
      : undefined,
  );
  stop();
  expect(heard.freshMs).toBeGreaterThanOrEqual(minuteMs);
});

it('told by one that knows them, they are fresh', async () => {
  const told = new Routes();
  told.replace({ shelf: routeOf('extracted') });
  publishRoutes(connected(), told);
  const heard = new Routes();
  const stop = followRoutes(connected(), heard);
  await until('they are fresh', () => (heard.freshMs < 30_000 ? true : undefined));
  stop();
});

describe('what is known stays as it is', () => {
  const extracted = { shelf: routeOf('extracted') };
  const shifting = { shelf: routeOf('shifting') };

  it('when an older answer comes', () => {
    const routes = new Routes();
    routes.replace(shifting, 2_000);
    routes.replace(extracted, 1_000);
    expect(routes.phaseOf('shelf')).toBe('shifting');
  });

  it('when something of unknown age takes its place, it is not fresh any more', () => {
    const routes = new Routes();
    routes.replace(shifting);
    routes.replace(shifting, -Infinity);
    expect(routes.freshMs).toBeLessThan(Infinity);
    routes.replace(extracted, -Infinity);
    expect(routes.freshMs).toBe(Infinity);
  });
});
