/* What keeps millions of states in little memory. */

// Looked up once: inside of jest, a global costs as much as the multiplication.
const { imul } = Math;

/** 53 bits of a state. Two of a million states are taken for one with a probability below one in ten thousand. */
export function hashOf(bytes: Uint8Array): number {
  let a = 0x9e3779b9;
  let b = 0x85ebca6b;
  for (const byte of bytes) {
    a = imul(a ^ byte, 2654435761);
    b = imul(b ^ byte, 1597334677);
    a ^= a >>> 15;
  }
  a = imul(a ^ (a >>> 16), 2246822507) ^ imul(b ^ (b >>> 13), 3266489909);
  b = imul(b ^ (b >>> 16), 2246822507) ^ imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0) + 1;
}

/** A hash table with open addressing, from hashes to the numbers of states. */
export class Hashes {
  private keys = new Float64Array(1 << 16);
  private values = new Int32Array(1 << 16);
  private size = 0;

  /** The number that is known for the hash; -1: it was not known and is now `value`. */
  add(hash: number, value: number): number {
    const slot = this.slotOf(hash);
    if (this.keys[slot] === hash) return this.values[slot]!;
    this.keys[slot] = hash;
    this.values[slot] = value;
    if (++this.size > this.keys.length * 0.6) this.grow();
    return -1;
  }

  /** -1: not known. */
  get(hash: number): number {
    const slot = this.slotOf(hash);
    return this.keys[slot] === hash ? this.values[slot]! : -1;
  }

  private slotOf(hash: number): number {
    const mask = this.keys.length - 1;
    let slot = (hash % 4294967291) & mask;
    while (this.keys[slot] !== 0 && this.keys[slot] !== hash) slot = (slot + 1) & mask;
    return slot;
  }

  private grow(): void {
    const { keys, values } = this;
    this.keys = new Float64Array(keys.length * 2);
    this.values = new Int32Array(keys.length * 2);
    keys.forEach((hash, index) => {
      if (hash === 0) return;
      const slot = this.slotOf(hash);
      this.keys[slot] = hash;
      this.values[slot] = values[index]!;
    });
  }
}

/** A list of numbers that grows. */
export class Growing {
  private items = new Int32Array(1 << 12);
  length = 0;

  push(item: number): void {
    if (this.length === this.items.length) {
      const items = new Int32Array(this.items.length * 2);
      items.set(this.items);
      this.items = items;
    }
    this.items[this.length++] = item;
  }

  at(index: number): number {
    return this.items[index]!;
  }

  /** As a list of parents: from the first one down to `last`. */
  pathTo(last: number): number[] {
    const path: number[] = [];
    for (let id = last; id >= 0; id = this.at(id)) path.unshift(id);
    return path;
  }
}

/** The states of one depth, as bytes one after the other. */
export class Frontier {
  private bytes = new Uint8Array(1 << 16);
  private used = 0;
  private readonly ends = new Growing();

  get length(): number {
    return this.ends.length;
  }

  push(state: Uint8Array): void {
    while (this.used + state.length > this.bytes.length) {
      const bytes = new Uint8Array(this.bytes.length * 2);
      bytes.set(this.bytes);
      this.bytes = bytes;
    }
    this.bytes.set(state, this.used);
    this.used += state.length;
    this.ends.push(this.used);
  }

  get(index: number): Uint8Array {
    return this.bytes.subarray(index === 0 ? 0 : this.ends.at(index - 1), this.ends.at(index));
  }
}
