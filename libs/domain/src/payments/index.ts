export { PaymentsModule, PaymentsWithoutProviderModule } from './payments.module.js';
