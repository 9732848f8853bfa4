import { at, termOf, type Side } from '../state.js';

/** Numbers that a failover leaps ahead: by a million in the real databases, and by as little as suffices in the model. */
class Leaping {
  private readonly leaps: { real: number; model: number }[] = [{ real: -1, model: -1 }];

  leap(real: number, model: number): void {
    this.leaps.push({ real, model });
    this.leaps.sort((a, b) => a.real - b.real);
  }

  toModel(real: number): number {
    const from = this.leaps.filter((leap) => leap.real <= real).at(-1)!;
    return from.model + real - from.real;
  }
}

/** Which real number is which of the model: epochs of both sides; terms and lives, by who sends in them. */
export class Leaps {
  readonly epochs = new Leaping();
  readonly terms = [new Leaping(), new Leaping()] as const;
  readonly lives = [new Leaping(), new Leaping()] as const;

  /** A position in what `from` sends, both as `state.ts` packs it. */
  position(from: Side, real: number): number {
    return real === 0 ? 0 : at(this.terms[from].toModel(termOf(real)), real - at(termOf(real), 0));
  }
}
