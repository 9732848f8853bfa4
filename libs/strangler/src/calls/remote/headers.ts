/** Who calls. */
export interface Sender {
  readonly shop: string;
  readonly database: string;
}

/** What travels beside a call's input. */
export interface CallHeaders {
  /** The shop and the database of who calls; undefined: he names none. */
  from: Sender | undefined;
  requestId: string;
  traceparent: string | undefined;
  tracestate?: string | undefined;
  /** By `performance.now()` of this process. What travels is how much is left: no two clocks are compared. */
  deadline: number | undefined;
  commandId: string | undefined;
  /** The command that this one takes back. */
  undoOf?: string | undefined;
  /** Not to be carried out, but refused from now on unless it has been done. */
  cancel?: boolean | undefined;
  /** Only asked to compare: whoever the owner is. */
  shadow?: boolean | undefined;
  /** Proves who calls (caller-token.ts). */
  token?: string | undefined;
  /** Headers of the first request that decide on cohorts. */
  headers?: Readonly<Record<string, string | undefined>> | undefined;
}

const names = {
  from: 'From',
  requestId: 'X-Request-Id',
  traceparent: 'traceparent',
  tracestate: 'tracestate',
  commandId: 'Command-Id',
  undoOf: 'Undo-Of',
  cancel: 'Cancel',
  shadow: 'Shadow',
  token: 'Caller',
  cohort: 'Cohort',
} as const;

/** Writes what goes with a call, apart from its deadline, which each transport has a way of its own to tell; what is not there is not written. */
export function writeHeaders(call: CallHeaders, write: (name: string, value: string) => void): void {
  const { from, headers: cohort } = call;
  if (from) write(names.from, `${from.shop} ${from.database}`);
  write(names.requestId, call.requestId);
  if (call.traceparent) write(names.traceparent, call.traceparent);
  if (call.tracestate) write(names.tracestate, call.tracestate);
  if (call.commandId) write(names.commandId, call.commandId);
  if (call.undoOf) write(names.undoOf, call.undoOf);
  if (call.cancel) write(names.cancel, '1');
  if (call.shadow) write(names.shadow, '1');
  if (call.token) write(names.token, call.token);
  if (cohort) write(names.cohort, encodeURIComponent(JSON.stringify(cohort)));
}

/** Reads what {@link writeHeaders} wrote; a call from a foreign tool may lack all of it. */
export const readHeaders = (
  read: (name: string) => string | undefined,
  deadline: number | undefined,
): CallHeaders => ({
  from: senderIn(read(names.from)),
  requestId: read(names.requestId) ?? '-',
  traceparent: read(names.traceparent),
  tracestate: read(names.tracestate),
  deadline,
  commandId: read(names.commandId),
  undoOf: read(names.undoOf),
  cancel: read(names.cancel) === '1' || undefined,
  shadow: read(names.shadow) === '1' || undefined,
  token: read(names.token),
  headers: cohortIn(read(names.cohort)),
});

function senderIn(text: string | undefined): Sender | undefined {
  const end = text?.indexOf(' ') ?? -1;
  return text !== undefined && end > 0
    ? { shop: text.slice(0, end), database: text.slice(end + 1) }
    : undefined;
}

/** Whatever else a foreign tool may have sent is no cohort. */
function cohortIn(text: string | undefined): Record<string, string> | undefined {
  try {
    const value: unknown = text && JSON.parse(decodeURIComponent(text));
    return typeof value === 'object' && value !== null ? (value as Record<string, string>) : undefined;
  } catch {
    return undefined;
  }
}
