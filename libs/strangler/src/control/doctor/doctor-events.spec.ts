import { lag } from '../../../../../test/support/standing.js';
import { plainAdvice } from '../conditions/advice.js';
import { eventFindings } from './doctor-events.js';

const subject = { module: 'stock', held: false, advice: plainAdvice };
const said = (change: Partial<typeof lag>) =>
  eventFindings(subject, [{ ...lag, failed: 0, oldestMs: null, ...change }]);

it('who handles its events is not spoken of', () => {
  expect(said({})).toEqual([]);
  expect(said({ waiting: 3, oldestMs: 200_000, replayMs: 110_000 })).toEqual([]);
});

it('a failed event, one that is far behind, and a view that was left empty are named, with what helps', () => {
  expect(said({ failed: 2, oldestMs: 900_000 })).toEqual([
    expect.objectContaining({
      problem: 'mails has failed for good at events of 2 keys of stock',
      remedy: expect.stringContaining(
        'strangler events list stock --subscriber mails --state failed',
      ) as string,
    }),
  ]);
  expect(said({ waiting: 5, oldestMs: 900_000 })).toMatchObject([
    {
      problem: 'mails is 15 min behind with the events of stock (5 wait)',
      remedy: expect.stringContaining('strangler status mails') as string,
    },
  ]);
  expect(said({ subscriber: 'jetstream', waiting: 5, oldestMs: 900_000 })).toMatchObject([
    { remedy: expect.stringContaining('publishes no events to JetStream') as string },
  ]);
  expect(said({ replayMs: 130_000 })).toMatchObject([
    { remedy: 'say it again: strangler events replay stock --subscriber mails' },
  ]);
});
