/** Epochs of the model and real ones: a failover leaps a million ahead there, and three here. */
export class Epochs {
  private readonly leaps: { real: number; model: number }[] = [{ real: 0, model: 0 }];

  leap(real: number, model: number): void {
    this.leaps.push({ real, model });
    this.leaps.sort((a, b) => a.real - b.real);
  }

  toModel(real: number): number {
    const from = this.leaps.filter((leap) => leap.real <= real).at(-1)!;
    return from.model + real - from.real;
  }
}
