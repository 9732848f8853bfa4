/**
 * Values by a path of names, each made at its first use. For what is counted at every call: names that are joined into one
 * key are a string to make and to hash each time.
 *
 * @internal
 */
export class ByNames<V> {
  private readonly inner = new Map<string, ByNames<V>>();
  private value: V | undefined;

  at(name: string): ByNames<V> {
    let found = this.inner.get(name);
    if (!found) this.inner.set(name, (found = new ByNames()));
    return found;
  }

  /** The value of this path. */
  get(make: () => V): V {
    return (this.value ??= make());
  }

  /** All values of this path and below it. */
  values(): V[] {
    const inner = [...this.inner.values()].flatMap((each) => each.values());
    return this.value === undefined ? inner : [this.value, ...inner];
  }
}
