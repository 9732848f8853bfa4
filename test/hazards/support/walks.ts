import { moduleNames, type ModuleName } from '../../support/module-names.js';
import type { MovingModules, Place } from './moving-modules.js';

const home: Place = { phase: 'monolith' };

/** A module goes there. */
export interface Walk {
  module: ModuleName;
  to: Place;
}

/** All modules at one place. */
export const everywhere = (place: Place): Record<ModuleName, Place> =>
  Object.fromEntries(moduleNames.map((name) => [name, place])) as Record<ModuleName, Place>;

/** An operator who has modules go from place to place, one after the other. */
export class Walks {
  count = 0;
  private readonly places = everywhere(home);

  constructor(
    private readonly shop: MovingModules,
    private readonly tell: (line: string) => void,
  ) {}

  /** Resolves once it rests there. */
  async go({ module, to }: Walk): Promise<void> {
    this.tell(`${module} goes to ${to.phase} ${to.percent ?? ''}`.trim());
    this.places[module] = to;
    await this.shop.want(this.places);
    await this.shop.restsAt(module, to);
    this.count += 1;
  }

  /** All modules, to where each is to be. */
  async goAll(places: Readonly<Record<ModuleName, Place>>): Promise<void> {
    for (const module of moduleNames) await this.go({ module, to: places[module] });
  }
}
