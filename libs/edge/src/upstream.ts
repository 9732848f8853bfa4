import * as http from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';

/** What an upstream is granted. */
export interface UpstreamLimits {
  /** Connections to it at the same time. */
  readonly connections: number;
  /** Requests that may wait for one; one more is refused at once. */
  readonly queue: number;
  /** How long a connection is kept that nobody uses, in ms; less where the upstream says so. */
  readonly keepMs: number;
}

const defaults: UpstreamLimits = { connections: 128, queue: 512, keepMs: 4_000 };

/** A server that requests are passed on to: its origin, and kept-alive connections to it. */
export class Upstream {
  /** `http://10.0.0.7:4000` */
  readonly origin: string;
  /** Of its own, as it is sent: `10.0.0.7:4000`. */
  readonly host: string;
  /** Requests that it has not done with. */
  inFlight = 0;
  private readonly limits: UpstreamLimits;
  private readonly agent: http.Agent;
  private readonly options: http.RequestOptions;
  private readonly module: Pick<typeof http, 'request'>;

  /**
   * @param origin `http://host:port` or `https://…`, without a path
   * @param ca of `https:`: the CA that its certificate has to be from, in PEM, in the place of those that Node knows
   */
  constructor(origin: string, limits: Partial<UpstreamLimits> = {}, ca?: string) {
    const url = new URL(origin);
    this.limits = { ...defaults, ...limits };
    this.origin = url.origin;
    this.host = url.host;
    const secure = url.protocol === 'https:';
    this.module = secure ? https : http;
    const { connections, keepMs } = this.limits;
    const agent = { keepAlive: true, maxSockets: connections, maxFreeSockets: connections, timeout: keepMs };
    this.agent = secure
      ? watched(new https.Agent({ ...agent, ...(ca && { ca }) }))
      : watched(new http.Agent(agent));
    // A name in brackets is an IPv6 address.
    const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
    this.options = { agent: this.agent, hostname, port: url.port || (secure ? 443 : 80) };
  }

  /** Whether one request more would wait for too long. */
  get isBusy(): boolean {
    return this.inFlight >= this.limits.connections + this.limits.queue;
  }

  /** Begins a request; nothing is sent before its body is. */
  request(method: string, path: string, headers: readonly string[]): http.ClientRequest {
    return this.module.request({ ...this.options, method, path, headers: headers as string[] });
  }

  /** Ends connections that nobody uses, and those that somebody does. */
  close(): void {
    this.agent.destroy();
  }
}

/** What Node calls for a connection that is kept, and for one that is used again; its types lack both. */
interface Keeping {
  keepSocketAlive(socket: Socket): boolean;
  reuseSocket(socket: Socket, request: http.ClientRequest): void;
}

/**
 * A connection on which something comes while nobody uses it is ended: it is of no answer that anybody waits for, and what follows it would be
 * taken for the next one's. As nginx does.
 */
function watched<A extends http.Agent>(agent: A): A {
  const kept = agent as unknown as Keeping;
  const [keep, reuse] = [kept.keepSocketAlive.bind(agent), kept.reuseSocket.bind(agent)];
  kept.keepSocketAlive = (socket) => {
    if (!keep(socket)) return false;
    socket.on('data', end).resume();
    return true;
  };
  kept.reuseSocket = (socket, request) => {
    socket.off('data', end);
    reuse(socket, request);
  };
  return agent;
}

function end(this: Socket): void {
  this.destroy();
}
