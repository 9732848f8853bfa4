import { payments } from '#contracts';
import { StranglerModule } from 'nestjs-strangler';
import { Module, type Type } from '@nestjs/common';
import { LedgerEntry } from './ledger-entry.entity.js';
import { NoProvider } from './no-provider.js';
import { PaymentProviderToken, type PaymentProvider } from './payment-provider.js';
import { PaymentRow } from './payment.entity.js';
import { PaymentsService } from './payments.service.js';
import { TestProvider } from './test-provider.js';

/** The module with this provider. A real one gets a class like those below, and nothing else changes. */
const paymentsWith = (provider: Type<PaymentProvider>) =>
  StranglerModule.forFeature(payments, PaymentsService, {
    tables: [PaymentRow, LedgerEntry],
    routingKey: 'order_id',
    providers: [{ provide: PaymentProviderToken, useClass: provider }],
    external: {
      charge: (service, input, { signal }) => service.take(input, signal),
      refund: (service, input, { signal }) => service.giveBack(input, signal),
    },
  });

/** Takes and returns the money of orders, for test tokens: nobody's money moves. */
@Module({ imports: [paymentsWith(TestProvider)] })
export class PaymentsModule {}

/** The same where no provider is set up: nothing can be paid. */
@Module({ imports: [paymentsWith(NoProvider)] })
export class PaymentsWithoutProviderModule {}
