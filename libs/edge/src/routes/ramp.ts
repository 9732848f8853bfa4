/** The shares from here to what is wanted, in percent. Back it goes in one step. */
export function wayTo(percent: number, wanted: number, ramp: readonly number[]): number[] {
  if (wanted === percent) return [];
  if (wanted < percent) return [wanted];
  return [...ramp.filter((share) => share > percent && share < wanted), wanted];
}

/** The shares that a person has to approve before a step to `to`, as of modules; none of a step back. Pure. */
export const awaitedApprovals = (
  { percent, approved }: { percent: number; approved: readonly number[] },
  to: number,
  approve: readonly number[],
): number[] => approve.filter((share) => share > percent && share <= to && !approved.includes(share));
