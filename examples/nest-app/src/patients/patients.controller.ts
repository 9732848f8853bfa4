import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  ParseIntPipe,
  Patch,
  Post,
  Put,
  Query,
  SerializeOptions,
} from '@nestjs/common';
import type { AuthUser } from '../auth/auth-user';
import { CurrentUser } from '../auth/decorators/current-user.decorator';
import { Roles } from '../auth/decorators/roles.decorator';
import { UserRole } from '../users/user-role.enum';
import { CreatePatientDto } from './dto/create-patient.dto';
import { PatientsQueryDto } from './dto/patients-query.dto';
import { UpdatePatientDto } from './dto/update-patient.dto';
import { PatientsService } from './patients.service';

@Controller('patients')
export class PatientsController {
  constructor(private readonly patients: PatientsService) {}

  @Post()
  @Roles(UserRole.Admin, UserRole.Reception)
  @SerializeOptions({ groups: ['detail'] })
  create(@Body() dto: CreatePatientDto, @CurrentUser() user: AuthUser) {
    return this.patients.create(dto, user.id);
  }

  @Get()
  findAll(@Query() query: PatientsQueryDto) {
    return this.patients.findAll(query);
  }

  @Get(':id')
  @SerializeOptions({ groups: ['detail'] })
  findOne(@Param('id', ParseIntPipe) id: number) {
    return this.patients.findOne(id);
  }

  @Patch(':id')
  @Roles(UserRole.Admin, UserRole.Reception)
  @SerializeOptions({ groups: ['detail'] })
  update(@Param('id', ParseIntPipe) id: number, @Body() dto: UpdatePatientDto) {
    return this.patients.update(id, dto);
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @Roles(UserRole.Admin, UserRole.Reception)
  archive(@Param('id', ParseIntPipe) id: number, @CurrentUser() user: AuthUser) {
    return this.patients.archive(id, user.id);
  }

  @Post(':id/restore')
  @HttpCode(HttpStatus.OK)
  @Roles(UserRole.Admin)
  restore(@Param('id', ParseIntPipe) id: number) {
    return this.patients.restore(id);
  }

  @Put(':id/care-team/:practitionerId')
  @Roles(UserRole.Admin, UserRole.Reception)
  addToCareTeam(
    @Param('id', ParseIntPipe) id: number,
    @Param('practitionerId', ParseIntPipe) practitionerId: number,
  ) {
    return this.patients.addToCareTeam(id, practitionerId);
  }

  @Delete(':id/care-team/:practitionerId')
  @Roles(UserRole.Admin, UserRole.Reception)
  removeFromCareTeam(
    @Param('id', ParseIntPipe) id: number,
    @Param('practitionerId', ParseIntPipe) practitionerId: number,
  ) {
    return this.patients.removeFromCareTeam(id, practitionerId);
  }
}
