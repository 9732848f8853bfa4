/** Which of so many tabs a key leads to from the one at `place`; null: it is none of theirs. Pure. */
export function placeAfter(place: number, key: string, count: number): number | null {
  const places: Readonly<Record<string, number>> = {
    ArrowRight: (place + 1) % count,
    ArrowLeft: (place - 1 + count) % count,
    Home: 0,
    End: count - 1,
  };
  return Object.hasOwn(places, key) ? places[key]! : null;
}
