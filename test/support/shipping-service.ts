import 'reflect-metadata';
import { runService } from 'nestjs-strangler/service';
import { shipping } from '../../examples/shipping/shipping.contract.js';
import { ShippingModule } from '../../examples/shipping/shipping.module.js';

/* The fifth module as a service, as a user writes it. */
await runService(ShippingModule, { contracts: [shipping] });
