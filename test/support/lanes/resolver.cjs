/**
 * Our imports name the `.js` that a `.ts` becomes. Said to the resolver, whose answers Jest keeps for a worker's life; those of
 * `moduleNameMapper` it works out anew for each import of each test file.
 */
module.exports = (path, options) =>
  options.defaultResolver(path, { ...options, extensionAlias: { '.js': ['.js', '.ts'] } });
