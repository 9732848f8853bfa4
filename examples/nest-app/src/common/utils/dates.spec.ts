import { startOfDay, yearsSince } from './dates';

describe('dates', () => {
  it('counts whole years', () => {
    expect(yearsSince('1990-04-12', new Date('2026-04-11T12:00:00Z'))).toBe(35);
    expect(yearsSince('1990-04-12', new Date('2026-04-12T12:00:00Z'))).toBe(36);
  });

  it('starts the day at midnight UTC', () => {
    expect(startOfDay(new Date('2026-04-11T23:59:00Z'))).toEqual(new Date('2026-04-11T00:00:00Z'));
  });
});
