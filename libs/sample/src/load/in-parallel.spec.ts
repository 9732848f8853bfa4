import { inParallel } from './in-parallel.js';

describe('work in parallel', () => {
  it('does each item once, begun in order, and never more than it may at once', async () => {
    const begun: number[] = [];
    let now = 0;
    let most = 0;
    await inParallel([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      begun.push(item);
      most = Math.max(most, ++now);
      await new Promise(setImmediate);
      now--;
    });
    expect(begun).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(most).toBe(3);
  });

  it('begins nothing more after a failure, and reports it when nothing is running any more', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const work = async (item: number) => {
      begun.push(item);
      if (item === 2) throw new Error('second');
      for (let i = 0; i < 10; i++) await new Promise(setImmediate);
      ended.push(item);
    };
    await expect(inParallel([1, 2, 3, 4, 5, 6], 3, work)).rejects.toThrow('second');
    expect(begun).toEqual([1, 2, 3]);
    expect(ended).toEqual([1, 3]);
  });

  it('ends at once when there is nothing to do', async () => {
    await inParallel([], 16, () => Promise.reject(new Error('never')));
  });
});
