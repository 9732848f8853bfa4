import { Injectable } from '@nestjs/common';
import { TestProvider } from './test-provider.js';
import type { ProviderCharge } from './payment-provider.js';

/**
 * Declines every card: a shop with a database of its own must not hand out goods for test tokens. What the test provider
 * once took, it still returns.
 */
@Injectable()
export class NoProvider extends TestProvider {
  override charge(_charge: ProviderCharge): Promise<'declined'> {
    return Promise.resolve('declined');
  }
}
