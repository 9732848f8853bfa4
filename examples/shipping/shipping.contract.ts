import { command, contract, Id, Masked, query } from 'nestjs-strangler/contract';
import { IsIn, Length } from 'class-validator';

const parcelStatuses = ['packed', 'sent', 'delivered'] as const;
export type ParcelStatus = (typeof parcelStatuses)[number];

export class ByOrder {
  @Id() orderId: string;
}

export class Pack {
  @Id() orderId: string;
  @Masked() @Length(1, 500) address: string;
}

export class Move {
  @Id() orderId: string;
  @IsIn(parcelStatuses) to: ParcelStatus;
}

export class Parcel {
  @Id() orderId: string;
  @Masked() @Length(1, 500) address: string;
  @IsIn(parcelStatuses) status: ParcelStatus;
}

/** The fifth module: one parcel an order. Its routing key is the order id. */
export const shipping = contract('shipping', {
  ownership: 'by-key',
  operations: {
    getParcel: query({ input: ByOrder, output: Parcel, errors: ['not_found'], key: 'orderId' }),
    pack: command({ input: Pack, output: Parcel, key: 'orderId' }),
    move: command({ input: Move, output: Parcel, errors: ['not_found'], key: 'orderId' }),
  },
});
