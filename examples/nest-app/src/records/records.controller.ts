import {
  Body,
  Controller,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  ParseIntPipe,
  Patch,
  Post,
  Query,
} from '@nestjs/common';
import type { AuthUser } from '../auth/auth-user';
import { CurrentUser } from '../auth/decorators/current-user.decorator';
import { Roles } from '../auth/decorators/roles.decorator';
import { PageQueryDto } from '../common/dto/page-query.dto';
import { UserRole } from '../users/user-role.enum';
import { FollowUpDto } from './dto/follow-up.dto';
import { UpdateRecordDto } from './dto/update-record.dto';
import { RecordsService } from './records.service';

@Controller()
@Roles(UserRole.Admin, UserRole.Practitioner)
export class RecordsController {
  constructor(private readonly records: RecordsService) {}

  @Get('patients/:patientId/records')
  findForPatient(@Param('patientId', ParseIntPipe) patientId: number, @Query() query: PageQueryDto) {
    return this.records.findForPatient(patientId, query);
  }

  @Get('records/:id')
  findOne(@Param('id', ParseIntPipe) id: number) {
    return this.records.findOne(id);
  }

  @Patch('records/:id')
  update(@Param('id', ParseIntPipe) id: number, @Body() dto: UpdateRecordDto, @CurrentUser() user: AuthUser) {
    return this.records.update(id, dto, user);
  }

  @Post('records/:id/sign')
  @HttpCode(HttpStatus.OK)
  sign(@Param('id', ParseIntPipe) id: number, @CurrentUser() user: AuthUser) {
    return this.records.sign(id, user);
  }

  @Post('records/:id/follow-up')
  bookFollowUp(
    @Param('id', ParseIntPipe) id: number,
    @Body() dto: FollowUpDto,
    @CurrentUser() user: AuthUser,
  ) {
    return this.records.bookFollowUp(id, dto, user);
  }
}
