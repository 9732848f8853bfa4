import type { LeftOut } from '../assessment.js';
import type { Entity } from './entity.js';
import { layoutOf, similar } from './layout.js';
import type { ModuleFolder } from './module-folder.js';
import type { NestModule } from './nest-modules.js';

/** Code that is in no module. */
export const outside = 'outside';

/** Which module a file or an entity belongs to. */
export class Modules {
  readonly list: readonly ModuleFolder[];
  private readonly folders: readonly ModuleFolder[];
  private readonly flat: readonly ModuleFolder[];
  private readonly flatFiles = new Map<string, string>();
  private readonly entityOwners = new Map<Entity, string>();

  constructor(
    private readonly nest: readonly NestModule[],
    entities: readonly Entity[],
    leftOut: LeftOut[],
  ) {
    const { folders, flat } = layoutOf(
      nest,
      entities.map(({ at }) => at.file),
    );
    this.folders = folders;
    this.flat = flat;
    for (const { path, stem, classes } of nest) {
      const one = flat.find(
        ({ folder, name }) => similar(name.slice(name.lastIndexOf('/') + 1), stem) && isIn(path, folder),
      );
      for (const { source } of one ? classes : []) this.flatFiles.set(source.path, one!.name);
      if (one) this.flatFiles.set(path, one.name);
    }
    for (const entity of entities) this.entityOwners.set(entity, this.ownerOf(entity, leftOut));
    const used = new Set(this.entityOwners.values());
    this.list = [...folders, ...flat].filter(({ name, isNest }) => isNest || used.has(name));
    if (used.has(outside)) this.list = [...this.list, { name: outside, folder: '.', isNest: false }];
  }

  /** The module of a file; `outside` if it is in none. */
  of(path: string): string {
    const fitting = this.folders.filter(({ folder }) => isIn(path, folder));
    const nearest = fitting.sort((a, b) => b.folder.length - a.folder.length)[0];
    if (nearest) return nearest.name;
    const name = path.slice(path.lastIndexOf('/') + 1).split('.')[0] ?? '';
    const byStem = this.flat.find(
      (one) => similar(one.name.slice(one.name.lastIndexOf('/') + 1), name) && isIn(path, one.folder),
    );
    return this.flatFiles.get(path) ?? byStem?.name ?? outside;
  }

  ofEntity(entity: Entity): string {
    return this.entityOwners.get(entity) ?? outside;
  }

  /** By the folder; entities that lie apart from modules belong to the one that registers them. */
  private ownerOf(entity: Entity, leftOut: LeftOut[]): string {
    const folder = this.of(entity.at.file);
    const isApart = folder === outside || this.folders.some(({ name, isNest }) => name === folder && !isNest);
    if (!isApart) return folder;
    const registering = this.nest.filter(({ entities }) => entities.includes(entity));
    const owners = [...new Set(registering.map(({ path }) => this.of(path)))].filter(
      (one) => one !== outside,
    );
    const named = owners.filter((one) => similar(one, entity.name) || similar(one, entity.table));
    const [only, ...more] = named.length > 0 ? named : owners;
    if (only !== undefined && more.length === 0) return only;
    if (only !== undefined) {
      const why = `${entity.name} lies apart and is registered by ${owners.join(', ')}: whose it is cannot be told`;
      leftOut.push({ ...entity.at, why });
    }
    return folder;
  }
}

const isIn = (path: string, folder: string): boolean => folder === '' || path.startsWith(`${folder}/`);
