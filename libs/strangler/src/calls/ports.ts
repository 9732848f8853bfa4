import { Inject } from '@nestjs/common';
import type { Contract } from '../contract/contract.js';

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
