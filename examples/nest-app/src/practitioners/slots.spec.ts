import { freeSlots, isWithinHours, overlaps } from './slots';

const monday = new Date('2026-03-02T00:00:00Z');
const period = (from: string, to: string) => ({
  startsAt: new Date(`2026-03-02T${from}:00Z`),
  endsAt: new Date(`2026-03-02T${to}:00Z`),
});
const hours = [
  { weekday: 1, opensAt: '13:00', closesAt: '14:00' },
  { weekday: 1, opensAt: '08:00', closesAt: '09:15' },
  { weekday: 2, opensAt: '08:00', closesAt: '12:00' },
];

describe('slots', () => {
  it('fit into the hours of the day, in order', () => {
    const starts = freeSlots(monday, hours, 30, []).map((slot) => slot.startsAt.toISOString().slice(11, 16));
    expect(starts).toEqual(['08:00', '08:30', '13:00', '13:30']);
  });

  it('leave out what is taken', () => {
    const free = freeSlots(monday, hours, 30, [period('08:15', '08:45'), period('13:00', '13:30')]);
    expect(free).toEqual([period('13:30', '14:00')]);
  });

  it('do not overlap when one starts as the other ends', () => {
    expect(overlaps(period('08:00', '08:30'), period('08:30', '09:00'))).toBe(false);
    expect(overlaps(period('08:00', '08:31'), period('08:30', '09:00'))).toBe(true);
  });

  it.each([
    ['08:00', '09:15', true],
    ['08:45', '09:20', false],
    ['07:55', '08:10', false],
    ['09:00', '13:30', false],
  ])('%s to %s is within the hours: %s', (from, to, expected) => {
    expect(isWithinHours(period(from, to), hours)).toBe(expected);
  });
});
