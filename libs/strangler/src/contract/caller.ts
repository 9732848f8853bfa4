/** An account, as a token that was verified said. */
export interface VerifiedActor {
  readonly id: string;
  /** What it may: `admin`, `viewer`, or anything else, which opens no more than its own. */
  readonly role: string;
  /** Of its session: a token that was made before another version says nothing of that one. */
  readonly version: number;
}

/**
 * Who asks. The application's API says it once a request; a module that calls another one passes it on. A module checks it, wherever the call
 * comes from (docs/adr/0052-who-asks.md).
 *
 * @example
 * ```ts
 * const client: Caller = { program: 'api', as: 'client', actor: { id: '0190a7d2-…', role: 'viewer', version: 1 } };
 * const job: Caller = { program: 'orders', as: 'itself' };
 * ```
 */
export interface Caller {
  /** The module or program whose code makes the call. */
  readonly program: string;
  /** `client`: it passes on what a client asks. `module`: what its own code needs to do that. `itself`: nobody has asked it. */
  readonly as: 'client' | 'module' | 'itself';
  /** On whose behalf; `undefined`: nobody has logged in, or (`itself`) there is nobody. */
  readonly actor?: VerifiedActor | undefined;
}
