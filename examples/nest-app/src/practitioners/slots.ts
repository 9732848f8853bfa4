import { addMinutes, timeOfDay } from '../common/utils/dates';
import { SlotDto } from './dto/slot.dto';

interface Hours {
  weekday: number;
  opensAt: string;
  closesAt: string;
}

interface Period {
  startsAt: Date;
  endsAt: Date;
}

export function overlaps(a: Period, b: Period): boolean {
  return a.startsAt < b.endsAt && b.startsAt < a.endsAt;
}

export function isWithinHours(period: Period, hours: Hours[]): boolean {
  return hours.some(
    ({ weekday, opensAt, closesAt }) =>
      weekday === period.startsAt.getUTCDay() &&
      weekday === period.endsAt.getUTCDay() &&
      opensAt <= timeOfDay(period.startsAt) &&
      timeOfDay(period.endsAt) <= closesAt,
  );
}

export function freeSlots(day: Date, hours: Hours[], minutes: number, taken: Period[]): SlotDto[] {
  return hours
    .filter(({ weekday }) => weekday === day.getUTCDay())
    .flatMap(({ opensAt, closesAt }) => {
      const closes = at(day, closesAt);
      const slots: SlotDto[] = [];
      for (
        let startsAt = at(day, opensAt);
        addMinutes(startsAt, minutes) <= closes;
        startsAt = addMinutes(startsAt, minutes)
      ) {
        slots.push({ startsAt, endsAt: addMinutes(startsAt, minutes) });
      }
      return slots;
    })
    .filter((slot) => !taken.some((period) => overlaps(slot, period)))
    .sort((a, b) => a.startsAt.getTime() - b.startsAt.getTime());
}

function at(day: Date, time: string): Date {
  return new Date(`${day.toISOString().slice(0, 10)}T${time}:00.000Z`);
}
