import { Screen } from './screen.js';

describe('the screen', () => {
  let written: string;
  let now: number;
  const screen = (isTTY: boolean, columns = 80) =>
    new Screen(
      { isTTY, write: (text: string) => ((written += text), true) },
      () => columns,
      () => now,
    );
  beforeEach(() => ([written, now] = ['', 0]));

  it('of a terminal has one line that changes, below those that stay', () => {
    const terminal = screen(true, 8);
    terminal.show('going on and on');
    terminal.print('done');
    terminal.clear();
    expect(written).toBe('\r\x1b[Kgoing o\r\x1b[Kdone\ngoing o\r\x1b[K');
  });

  it('elsewhere prints plain lines, now and then', () => {
    const log = screen(false);
    log.show('at once');
    now = 4_999;
    log.show('too early');
    now = 5_000;
    log.show('in time');
    log.print('done');
    log.clear();
    expect(written).toBe('  in time\ndone\n');
  });
});
