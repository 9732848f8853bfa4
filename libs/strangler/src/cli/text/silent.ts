import type { SilentSide } from '../../control/terms/silent-side.js';
import { line, type Line } from './line.js';

/** Whose part of a list is missing. */
export const silentLines = (silent: readonly SilentSide[]): Line[] =>
  silent.map(({ module, side, why }) =>
    line(`${module} could not be asked on the side ${side}, so nothing of it is here: ${why}`, 'yellow'),
  );
