/** A module in the admin API, or what there is of it. Pure. */
export const pathOf = (module: string, what?: string): string =>
  ['modules', encodeURIComponent(module), ...(what === undefined ? [] : [what])].join('/');
