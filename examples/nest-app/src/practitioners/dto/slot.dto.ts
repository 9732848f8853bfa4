export class SlotDto {
  startsAt: Date;
  endsAt: Date;
}
