import { payments } from '#contracts';
import { StranglerModule } from '#strangler';
import { Module } from '@nestjs/common';
import { LedgerEntry } from './ledger-entry.entity.js';
import { PaymentProviderToken, type PaymentProvider } from './payment-provider.js';
import { PaymentRow } from './payment.entity.js';
import { PaymentsService } from './payments.service.js';
import { TestProvider } from './test-provider.js';

/** Takes and returns the money of orders. A real provider replaces `TestProvider` here, and nothing else changes. */
@Module({
  imports: [
    StranglerModule.forFeature(payments, PaymentsService, {
      tables: [PaymentRow, LedgerEntry],
      routingKey: 'order_id',
      providers: [{ provide: PaymentProviderToken, useClass: TestProvider }],
      external: {
        inject: PaymentProviderToken,
        operations: (provider: PaymentProvider) => (provider.external ? ['charge', 'refund'] : []),
      },
    }),
  ],
})
export class PaymentsModule {}
