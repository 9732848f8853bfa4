import type { Movable } from './options.js';
import { ChildProgram } from './child-program.js';
import type { DemoSetup } from './setup.js';

/** The shop's processes: the monolith, and one service for each module that has left. */
export class Fleet {
  private readonly programs: ChildProgram[] = [];
  private readonly services = new Map<Movable, Promise<unknown>>();

  /** @param onDeath told when one ends by itself, with its last lines */
  constructor(
    private readonly setup: DemoSetup,
    private readonly onDeath: (obituary: string) => void,
    private readonly stop: AbortSignal,
  ) {}

  /** Starts the monolith; resolves when the shop is open, with its addresses. @throws {StartError} */
  async openShop(): Promise<{ url: string; adminUrl: string }> {
    const shop = await this.launch('monolith', 'apps/monolith/src/main.js', []);
    const [, url = '', adminUrl = ''] = await shop.printed(
      /open: (http:\S+?)\/api.* admin (http:[^\s"]+)/,
      this.stop,
    );
    shop.onDeath(this.onDeath);
    return { url, adminUrl };
  }

  /** Starts the service of a module, unless it runs; resolves when it serves. @throws {StartError} */
  async openService(module: Movable): Promise<void> {
    const service = this.services.get(module) ?? this.startService(module);
    this.services.set(module, service);
    await service;
  }

  /** Ends all, the services first: the monolith's controller would take their end for an accident otherwise. */
  async end(): Promise<void> {
    await Promise.all(this.programs.splice(1).map((program) => program.end()));
    await this.programs[0]?.end();
  }

  private async startService(module: Movable): Promise<void> {
    const service = await this.launch(module, 'apps/extracted/src/main.js', [module]);
    await service.printed(new RegExp(`${module} is served`), this.stop);
    service.onDeath(this.onDeath);
  }

  private async launch(name: string, entry: string, args: string[]): Promise<ChildProgram> {
    const { env, folder } = this.setup;
    const program = new ChildProgram({ name, entry, args, env, folder });
    this.programs.push(program);
    await this.setup.remember(program.pid);
    return program;
  }
}
