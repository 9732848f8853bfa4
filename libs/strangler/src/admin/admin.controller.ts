import { Controller, Get, NotFoundException, Param } from '@nestjs/common';
import { policies, type Phase, type Side } from '../phase.js';
import { Routes } from '../routes.js';

/** Where a module stands. */
export interface ModuleStatus {
  module: string;
  phase: Phase;
  /** What `strangler.yaml` asks for. */
  wanted: Phase;
  /** The sides that its calls go to now. */
  commands: Side;
  queries: Side;
}

/** The admin API (port 3001). Who may use it is the application's affair: it brings the guard. */
@Controller('modules')
export class AdminController {
  constructor(private readonly routes: Routes) {}

  @Get()
  list(): { items: ModuleStatus[] } {
    return { items: Object.keys(this.routes.snapshot()).map((module) => this.status(module)) };
  }

  @Get(':module')
  status(@Param('module') module: string): ModuleStatus {
    const phase = this.routes.phaseOf(module);
    if (!phase) throw new NotFoundException(`there is no module ${module}`);
    const { commands, queries } = policies[phase];
    return { module, phase, wanted: phase, commands, queries };
  }
}
