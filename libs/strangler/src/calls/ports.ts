import { Inject } from '@nestjs/common';
import type { Contract, InputOf, OutputOf } from '../contract/contract.js';

/**
 * What a caller may say beside the input.
 *
 * @example
 * ```ts
 * const options: CallOptions = { commandId: '0190a7d2-…' }; // of the client's header Idempotency-Key, for instance
 * ```
 */
export interface CallOptions {
  /** Makes a repeated command or process take effect once. Required to retry one whose outcome is unknown. */
  commandId?: string | undefined;
  /** The command id of what this command takes back: that one is refused from now on, also where it never came. */
  undoOf?: string | undefined;
}

/**
 * The typed client of a contract: what every consumer injects. It does not show where the module is served, as a component of ServiceWeaver
 * does not. Each method throws the errors that its operation declares, and those of {@link transportCodes}.
 *
 * @example
 * ```ts
 * const total = async (of: Port<typeof orders>, id: string) => (await of.get({ id })).quantity;
 * ```
 */
export type Port<C extends Contract> = {
  [K in keyof C['operations']]: (
    input: InputOf<C['operations'][K]>,
    options?: CallOptions,
  ) => Promise<OutputOf<C['operations'][K]>>;
};

/**
 * The injection token of a contract's port.
 *
 * @example
 * ```ts
 * const injected = app.get<Port<typeof orders>>(portToken(orders));
 * ```
 */
export const portToken = (contract: Contract): string => `Port(${contract.name})`;

/**
 * Injects the port of a contract. Nothing else of the module has to be imported, and nobody sees where it is served.
 *
 * @example
 * ```ts
 * @Injectable()
 * class ReturnsService {
 *   constructor(@InjectPort(orders) private readonly port: Port<typeof orders>) {}
 *
 *   cancel(id: string) {
 *     return this.port.cancel({ id });
 *   }
 * }
 * ```
 */
export const InjectPort = (contract: Contract): ParameterDecorator & PropertyDecorator =>
  Inject(portToken(contract));
