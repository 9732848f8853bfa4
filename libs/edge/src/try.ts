import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { release, watch, type Limited } from './deadlines.js';
import { readRest, type Failure } from './failure.js';
import { addMissing, backward, hasBody, isSafe } from './header-rules.js';
import { Pace, type LeastRate } from './least-rate.js';
import { locationFrom } from './location.js';
import { isUnavailable, type Outcome } from './outcome.js';
import type { Upstream } from './upstream.js';

/** How long is waited, in ms; it is noticed up to `lookMs` later. */
export interface Times {
  /** Until there is a connection, free or new. */
  readonly connectMs: number;
  /** While no byte moves, to or from the upstream. */
  readonly idleMs: number;
  /** For all of it, tries and bodies included. */
  readonly totalMs: number;
  /** Until the head of the answer, where the request may go to another upstream. */
  readonly tryMs?: number | undefined;
  /** How slow a client may be. */
  readonly leastRate: LeastRate;
}

/** Control bytes in the reason of a status. */
const unwritable = /[^\t\x20-\x7e\x80-\xff]/;

/** Kept-alive connections that the upstream had just closed: so many are met before it counts as its failure. */
const mostStale = 3;
/** So many informational answers (1xx) before an answer are taken: each would wait for a client that reads nothing. */
const mostInformed = 32;

/** What a try tells and asks. */
export interface TryCalls {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly times: Times;
  /** When all of it has to be over, in ms of `performance.now()`. */
  readonly until: number;
  /** Names and values in turn, with a free place for the value of the first, `Host`. */
  readonly headers: string[];
  /** What the gateway tells the client beside the answer's own headers, names and values in turn. */
  readonly told: readonly string[];
  /** Whether the request would go to another upstream, if this one did not answer. */
  mayMove(tried: Upstream): boolean;
  /** Called once. */
  ended(outcome: Outcome): void;
}

/** One try: the request goes to an upstream, its answer to the client. */
export class Try implements Limited {
  private readonly startedAt = performance.now();
  private readonly request: IncomingMessage;
  private readonly response: ServerResponse;
  private readonly body: boolean;
  private out: ClientRequest | undefined;
  private answer: IncomingMessage | undefined;
  private headMs: number | undefined;
  private connected = false;
  private over = false;
  private stale = 0;
  /** A byte has moved since the last look. */
  private moved = false;
  private movedAt = 0;
  private askedToMove = false;
  private informed = 0;
  private readonly pace: Pace;

  constructor(
    private readonly upstream: Upstream,
    private readonly calls: TryCalls,
  ) {
    this.request = calls.request;
    this.response = calls.response;
    this.body = hasBody(calls.request);
    this.pace = new Pace(calls.times.leastRate, this.startedAt);
  }

  start(): void {
    const { upstream } = this;
    const busy = upstream.isBusy;
    upstream.inFlight += 1;
    if (busy) return this.finish('busy');
    this.response.once('close', this.onClientClosed);
    watch(this);
    this.send();
  }

  look(now: number): void {
    const { connectMs, idleMs, tryMs } = this.calls.times;
    if (now >= this.calls.until) return this.onOver();
    if (this.pace.isSlow(now, this.connected && this.isHeldByClient)) return this.finish('client_stalled');
    const waited = now - this.startedAt;
    if (!this.connected) {
      if (waited >= connectMs) return this.onNoConnection();
    } else if (this.moved) {
      this.moved = false;
      this.movedAt = now;
    } else if (now - this.movedAt >= idleMs) return this.onLate();
    if (tryMs !== undefined && waited >= tryMs) this.onSlow();
  }

  private get mayRepeat(): boolean {
    return !this.body && isSafe(this.request.method);
  }

  private send(): void {
    const { request, upstream } = this;
    const { headers } = this.calls;
    headers[1] = upstream.host;
    const out = (this.out = upstream.request(request.method ?? 'GET', request.url ?? '/', headers));
    out.on('socket', this.onSocket);
    out.on('response', this.onAnswer);
    out.on('information', this.onInformation);
    out.on('upgrade', this.onUpgrade);
    out.on('error', this.onError);
  }

  private readonly onSocket = (socket: Socket | TLSSocket): void => {
    const secure = (socket as { secureConnecting?: boolean }).secureConnecting === true;
    if (socket.connecting || secure) socket.once(secure ? 'secureConnect' : 'connect', this.onConnected);
    else this.onConnected();
  };

  private readonly onConnected = (): void => {
    if (this.over) return;
    this.connected = true;
    this.movedAt = performance.now();
    if (!this.body) return void this.out?.end();
    this.out?.on('drain', this.onRoomUp);
    // A try before this one may have stopped it.
    this.request.on('data', this.onUpload).on('end', this.onUploaded).resume();
  };

  private readonly onUpload = (chunk: Buffer): void => {
    this.moved = true;
    this.pace.bytes += chunk.length;
    if (this.out?.write(chunk) === false) this.request.pause();
  };

  private readonly onUploaded = (): void => void this.out?.end();
  private readonly onRoomUp = (): void => void this.request.resume();

  /** Nobody has asked for another protocol. */
  private readonly onUpgrade = (_answer: unknown, socket: Duplex): void => {
    socket.destroy();
    this.finish('bad_answer');
  };

  private readonly onInformation = ({ statusCode, rawHeaders }: InformationEvent): void => {
    const { request, response } = this;
    this.informed += 1;
    if (this.informed > mostInformed) return this.finish('bad_answer');
    if (this.over || response.headersSent || statusCode !== 103 || request.httpVersion !== '1.1') return;
    const link = rawHeaders.filter((_, i, all) => i % 2 === 1 && all[i - 1]?.toLowerCase() === 'link');
    try {
      if (link.length > 0) response.writeEarlyHints({ link });
    } catch {
      // A hint that is written wrongly is none.
    }
  };

  private readonly onAnswer = (answer: IncomingMessage): void => {
    if (this.over) return void answer.destroy();
    this.moved = true;
    const { upstream } = this;
    const { headers, statusCode = 0 } = answer;
    const coding = headers['transfer-encoding'];
    // Another coding has to be undone, and only the chunks are.
    if (coding !== undefined && coding.toLowerCase() !== 'chunked') return this.finish('bad_answer');
    // Node reads such a head, and throws where it is to write it.
    if (statusCode < 200 || unwritable.test(answer.statusMessage ?? '')) return this.finish('bad_answer');
    if (isUnavailable(statusCode) && this.mayRepeat && this.calls.mayMove(upstream))
      return this.finish('unavailable');
    this.headMs = performance.now() - this.startedAt;
    this.answer = answer;
    try {
      this.writeHead(answer, statusCode);
    } catch {
      return this.finish('bad_answer');
    }
    answer.on('data', this.onDownload).on('end', this.onAnswered);
    answer.on('error', this.onBroken).on('close', this.onBroken);
  };

  private writeHead({ rawHeaders, headers, statusMessage }: IncomingMessage, status: number): void {
    const { response, upstream } = this;
    const back = backward(rawHeaders, headers.connection, (place) => locationFrom(upstream.origin, place));
    addMissing(back, this.calls.told);
    const length = headers['content-length'];
    if (length !== undefined && status !== 204) back.push('Content-Length', length);
    if (response.getHeaderNames().length === 0) return void response.writeHead(status, statusMessage, back);
    // Beside headers that were set before, Node would keep one of several of a name (`Set-Cookie`).
    for (let i = 0; i < back.length; i += 2) response.removeHeader(back[i]!);
    for (let i = 0; i < back.length; i += 2) response.appendHeader(back[i]!, back[i + 1]!);
    response.writeHead(status, statusMessage);
  }

  private readonly onDownload = (chunk: Buffer): void => {
    this.moved = true;
    this.pace.bytes += chunk.length;
    if (this.response.write(chunk)) return;
    this.answer?.pause();
    this.response.once('drain', this.onRoomDown);
  };

  private readonly onRoomDown = (): void => {
    this.moved = true;
    this.answer?.resume();
  };

  private readonly onAnswered = (): void => {
    if (this.over) return;
    if (this.answer?.complete !== true) return this.finish('broke_off');
    const { request, response } = this;
    response.end();
    this.finish(undefined);
    if (request.complete) return;
    // Whoever has answered wants no more of it.
    this.out?.destroy();
    readRest(request, () => request.complete || request.destroy());
  };

  private readonly onBroken = (): void => this.finish('broke_off');
  private readonly onClientClosed = (): void => this.finish('client_gone');
  /** Without a socket it has waited for one of those that others use. */
  private onNoConnection(): void {
    this.finish(this.out?.socket ? 'connect_timeout' : 'busy');
  }
  private onSlow(): void {
    if (this.askedToMove || this.answer !== undefined || !this.mayRepeat) return;
    this.askedToMove = true;
    if (this.calls.mayMove(this.upstream)) this.finish('timeout');
  }
  private onOver(): void {
    if (this.answer === undefined || this.waitsForClient) return this.onLate();
    this.finish('too_long');
  }
  private onLate(): void {
    if (this.waitsForClient) return this.finish('client_stalled');
    this.finish(isStream(this.answer) ? 'too_long' : 'timeout');
  }

  private get waitsForClient(): boolean {
    return this.answer === undefined ? this.waitsForBody : this.response.writableNeedDrain;
  }

  private get waitsForBody(): boolean {
    return this.body && !this.request.complete && this.out?.writableNeedDrain === false;
  }

  /** Also an upload that is answered while it comes. */
  private get isHeldByClient(): boolean {
    return this.waitsForBody || this.response.writableNeedDrain;
  }

  private readonly onError = (error: NodeJS.ErrnoException): void => {
    if (this.over) return;
    // What comes behind a whole answer is thrown away, with its connection.
    if (this.answer !== undefined) return this.answer.complete ? undefined : this.finish('broke_off');
    const { code = '', message } = error;
    if (
      this.out?.reusedSocket === true &&
      code === 'ECONNRESET' &&
      this.mayRepeat &&
      this.stale < mostStale
    ) {
      this.stale += 1;
      this.connected = false;
      return this.send();
    }
    const cause = code || message;
    if (!this.connected) return this.finish('refused', cause);
    this.finish(code.startsWith('HPE_') ? 'bad_answer' : 'reset', cause);
  };

  private finish(failure: Failure | undefined, cause?: string): void {
    if (this.over) return;
    this.over = true;
    const { request, response, upstream, answer, connected, headMs } = this;
    release(this);
    upstream.inFlight -= 1;
    response.off('close', this.onClientClosed);
    if (this.body) request.off('data', this.onUpload).off('end', this.onUploaded).pause();
    if (failure !== undefined) {
      this.out?.destroy();
      if (response.headersSent) response.destroy();
    }
    const ms = performance.now() - this.startedAt;
    const status = answer?.statusCode;
    this.calls.ended({ request, upstream, status, failure, cause, connected, headMs, ms });
  }
}

/** Whether an answer may well be silent for long: events are sent when they happen. */
const isStream = (answer: IncomingMessage | undefined): boolean =>
  /^text\/event-stream\b/i.test(answer?.headers['content-type'] ?? '');

interface InformationEvent {
  statusCode: number;
  rawHeaders: string[];
}
