import { Transform } from 'class-transformer';
import { IsBoolean, IsEnum, IsOptional } from 'class-validator';
import { PageQueryDto } from '../../common/dto/page-query.dto';
import { NotificationKind } from '../notification-kind.enum';

export class NotificationsQueryDto extends PageQueryDto {
  @IsOptional()
  @IsEnum(NotificationKind)
  kind?: NotificationKind;

  @IsOptional()
  @Transform(({ value }) => value === true || value === 'true')
  @IsBoolean()
  unread?: boolean;
}
