export const laneNames: readonly string[];
export const sourceFolders: readonly string[];
export const apart: string;
export function specFiles(root: string): string[];
export function laneOf(file: string, root: string): string;
