import type { Handlers } from 'nestjs-strangler/contract';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { ParcelRow } from './parcel.entity.js';
import { shipping, type ByOrder, type Move, type Pack, type Parcel } from './shipping.contract.js';

/** Parcels. Nothing in it knows on which side it runs. */
@Injectable()
export class ShippingService implements Handlers<typeof shipping> {
  constructor(@InjectRepository(ParcelRow) private readonly parcels: Repository<ParcelRow>) {}

  async getParcel({ orderId }: ByOrder): Promise<Parcel> {
    const parcel = await this.parcels.findOneBy({ orderId });
    if (!parcel) throw shipping.error('getParcel', 'not_found', { orderId });
    return parcel;
  }

  async pack({ orderId, address }: Pack): Promise<Parcel> {
    const parcel = { orderId, address, status: 'packed' as const };
    await this.parcels.upsert(parcel, ['orderId']);
    return parcel;
  }

  async move({ orderId, to }: Move): Promise<Parcel> {
    await this.parcels.update({ orderId }, { status: to });
    return this.getParcel({ orderId });
  }
}
