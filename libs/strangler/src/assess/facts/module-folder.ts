/** A module, and the folder in which it lies. */
export interface ModuleFolder {
  name: string;
  folder: string;
  /** There is a Nest module in it; without one it is a folder of entities. */
  isNest: boolean;
}
