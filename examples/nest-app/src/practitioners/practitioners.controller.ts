import { Body, Controller, Get, Param, ParseIntPipe, Patch, Post, Query } from '@nestjs/common';
import { Roles } from '../auth/decorators/roles.decorator';
import { UserRole } from '../users/user-role.enum';
import { CreatePractitionerDto } from './dto/create-practitioner.dto';
import { PractitionersQueryDto } from './dto/practitioners-query.dto';
import { SlotsQueryDto } from './dto/slots-query.dto';
import { UpdatePractitionerDto } from './dto/update-practitioner.dto';
import { PractitionersService } from './practitioners.service';

@Controller('practitioners')
export class PractitionersController {
  constructor(private readonly practitioners: PractitionersService) {}

  @Post()
  @Roles(UserRole.Admin)
  create(@Body() dto: CreatePractitionerDto) {
    return this.practitioners.create(dto);
  }

  @Get()
  findAll(@Query() query: PractitionersQueryDto) {
    return this.practitioners.findAll(query);
  }

  @Get(':id')
  findOne(@Param('id', ParseIntPipe) id: number) {
    return this.practitioners.findOne(id);
  }

  @Patch(':id')
  @Roles(UserRole.Admin)
  update(@Param('id', ParseIntPipe) id: number, @Body() dto: UpdatePractitionerDto) {
    return this.practitioners.update(id, dto);
  }

  @Get(':id/slots')
  slots(@Param('id', ParseIntPipe) id: number, @Query() query: SlotsQueryDto) {
    return this.practitioners.slots(id, query);
  }
}
