import { sum, type Tally } from '#sample';

const terminalEveryMs = 200;
const logEveryMs = 5_000;

export interface Standing {
  done: number;
  total: number;
  seconds: number;
  failed: number;
  retries: number;
}

/** One line on how far the replay is. */
export function progressText({ done, total, seconds, failed, retries }: Standing): string {
  const rate = seconds > 0 ? done / seconds : 0;
  const percent = total > 0 ? Math.floor((100 * done) / total) : 100;
  const parts = [`${done} of ${total} orders`, `${percent} %`, `${rate.toFixed(1)}/s`];
  if (rate > 0 && done < total) parts.push(`${duration((total - done) / rate)} left`);
  if (failed > 0) parts.push(`${failed} failed`);
  if (retries > 0) parts.push(`${retries} retries`);
  return parts.join(' · ');
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Shows the progress until it is ended: on a terminal in one line that changes, else a line every few seconds. */
export function showProgress(tally: Tally, total: number, stream: NodeJS.WriteStream): () => void {
  const begun = performance.now();
  const line = () =>
    progressText({
      done: tally.done,
      total,
      seconds: (performance.now() - begun) / 1_000,
      failed: sum(tally.failed),
      retries: sum(tally.retries),
    });
  const rewrite = () => void stream.write(`\r\x1b[K${line()}`);
  const append = () => void stream.write(`${line()}\n`);
  const timer = setInterval(stream.isTTY ? rewrite : append, stream.isTTY ? terminalEveryMs : logEveryMs);
  return () => {
    clearInterval(timer);
    if (stream.isTTY) rewrite();
    if (stream.isTTY) stream.write('\n');
  };
}
