import type { Response } from 'express';

const heartbeatMs = 15_000;
/** Whoever listens on after this, in ms, comes again, and is asked again who he is: his role may have been taken meanwhile. */
const longestMs = 60_000;
/** What may wait for a client that does not read, in bytes; then it is let go, and comes again when it can. */
const patienceBytes = 1_000_000;

/** A response that goes on: server-sent events (WHATWG HTML, section 9.2). */
export class EventStream {
  private readonly timers: readonly NodeJS.Timeout[];

  constructor(
    private readonly response: Response,
    endsAfterMs = longestMs,
  ) {
    response.status(200).set({ 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
    response.flushHeaders();
    // A proxy that sees nothing for a minute takes the connection for dead.
    const heartbeat = setInterval(() => this.write(': still here\n\n'), heartbeatMs);
    this.timers = [heartbeat, setTimeout(() => this.end(), endsAfterMs)];
    this.onClose(() => this.timers.forEach((timer) => clearTimeout(timer)));
  }

  /** Sends an event that must arrive. `id` is what a client that comes again says it has seen. */
  send(event: string, data: object, id?: number): void {
    this.write(`event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`);
  }

  /** Sends an event that the next one replaces: a client that lags behind gets only newer ones. */
  sendLatest(event: string, data: object): void {
    if (!this.response.writableNeedDrain) this.send(event, data);
  }

  /** Also of one that is closed already: whoever has gone while it was found out who he is never closes again. */
  onClose(listener: () => void): void {
    if (this.response.destroyed) listener();
    else this.response.once('close', listener);
  }

  end(): void {
    this.response.end();
  }

  private write(text: string): void {
    if (this.response.writableEnded) return;
    if (this.response.writableLength > patienceBytes) this.response.destroy();
    else this.response.write(text);
  }
}
