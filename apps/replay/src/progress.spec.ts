import { progressText } from './progress.js';

const standing = { done: 50, total: 200, seconds: 10, failed: 0, retries: 0 };

describe('the progress line', () => {
  it('says how far it is, how fast, and how long it will take', () => {
    expect(progressText(standing)).toBe('50 of 200 orders · 25 % · 5.0/s · 30 s left');
    expect(progressText({ ...standing, total: 1_000 })).toContain('3 min 10 s left');
  });

  it('shows trouble as soon as there is some', () => {
    expect(progressText({ ...standing, failed: 1, retries: 7 })).toContain('1 failed · 7 retries');
  });

  it('promises nothing before the first order, after the last, and without any', () => {
    expect(progressText({ ...standing, done: 0, seconds: 0 })).toBe('0 of 200 orders · 0 % · 0.0/s');
    expect(progressText({ ...standing, done: 200 })).toBe('200 of 200 orders · 100 % · 20.0/s');
    expect(progressText({ ...standing, done: 0, total: 0 })).toBe('0 of 0 orders · 100 % · 0.0/s');
  });
});
