import type { ModuleStatus } from 'nestjs-strangler';
import { Journey } from './journey.js';
import { longestPause, type Stretch } from './stretch.js';
import { stretchHead, stretchText } from './stretch-text.js';
import { statusOf } from './status.fixture.js';

describe('the longest write pause', () => {
  it('is between two promises in a row', () => {
    expect(longestPause([10, 20, 90, 100])).toBe(70);
  });

  it('goes on while nothing is promised any more', () => {
    expect(longestPause([10, 20], 500)).toBe(480);
  });

  it('is nothing without orders', () => {
    expect(longestPause([])).toBeNull();
    expect(longestPause([], 500)).toBeNull();
    expect(longestPause([10])).toBe(0);
  });
});

describe('a journey', () => {
  const orderMs: number[] = [];
  const promisedAt: number[] = [];
  let errorCount = 0;
  let now = 0;
  const stretches: Stretch[] = [];
  const journey = new Journey(
    () => ({ orderMs, promisedAt, errorCount }),
    (stretch) => stretches.push(stretch),
    () => now,
  );
  const order = (at: number, took: number) => {
    promisedAt.push(at);
    orderMs.push(took);
  };
  const see = (at: number, change: Partial<ModuleStatus>) => {
    now = at;
    journey.see(statusOf(change));
  };

  it('is cut where a phase or a share ends, and no order is counted twice', () => {
    see(0, { phase: 'monolith' });
    order(100, 10);
    order(200, 30);
    see(1_000, { phase: 'monolith' });
    see(2_000, { phase: 'shifting', percent: 1, lagMs: 4 });
    order(2_500, 50);
    errorCount = 2;
    see(2_600, { phase: 'shifting', percent: 1, lagMs: 9 });
    see(3_000, { phase: 'shifting', percent: 25, lagMs: 1 });
    now = 4_000;
    journey.end();
    expect(stretches).toMatchObject([
      { place: 'shelf monolith', seconds: 2, orders: 2, errors: 0, lagMs: null, pauseMs: 1_800 },
      { place: 'shelf shifting 1 %', seconds: 1, orders: 1, errors: 2, lagMs: 9, pauseMs: 2_300 },
      { place: 'shelf shifting 25 %', seconds: 1, orders: 0, errors: 0, lagMs: 1, pauseMs: 1_500 },
    ]);
    expect(stretches[0]?.latency).toMatchObject({ p50: 10, p99: 30 });
  });

  it('is told in lines of one width', () => {
    const lines = [stretchHead(), ...stretches.map(stretchText)];
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
    expect(lines[2]).toMatch(/^shelf shifting 1 % +1\.0 s +1 +50 ms +50 ms +2 +9\.0 ms +2,300 ms$/);
    expect(lines[3]).toMatch(/ 0 +– +– +0 /);
  });
});
