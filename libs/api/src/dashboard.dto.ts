import { List, Maybe, Nested } from 'nestjs-strangler/contract';
import { Order } from '#contracts';
import { IsString } from 'class-validator';
import { ProductView } from './products.dto.js';
import { UserView } from './users.dto.js';

/** Why a part is not there; its code is that of any other error. */
export class MissingPart {
  @IsString() part: string;
  @IsString() code: string;
  @IsString() detail: string;
}

/** What a customer sees first. A part that could not be had is null, and stands in `errors`. */
export class DashboardView {
  @Maybe() @Nested(() => UserView) user?: UserView | null;
  /** The latest. */
  @Maybe() @List(() => Order) orders?: Order[] | null;
  /** Products that there are: those that were bought most, and others that the latest orders do not have. */
  @Maybe() @List(() => ProductView) recommendations?: ProductView[] | null;
  @List(() => MissingPart) errors: MissingPart[];
}
