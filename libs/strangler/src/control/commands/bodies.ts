import { IsBoolean } from 'class-validator';
import { Maybe } from '../../contract/fields.js';

/**
 * The body of a command without parameters.
 *
 * @internal
 */
export class PlainBody {
  /** Says what would be done, and does nothing. */
  @Maybe() @IsBoolean() dryRun?: boolean | null;
}

/**
 * The body of a command that moves a module, or a route of the edge.
 *
 * @internal
 */
export class SteeringBody extends PlainBody {
  /** Changes the line of `strangler.yaml` that steers it, where there is one. */
  @Maybe() @IsBoolean() write?: boolean | null;
}

/** The body of a command that asks for the operator's word. */
export class FencedBody extends PlainBody {
  /** The operator's word that the lost side cannot write any more. Nobody else can know. */
  @IsBoolean() iHaveFencedIt: boolean;
}

/** The body of a command that looks, and repairs when it is told to. */
export class RepairBody extends PlainBody {
  @Maybe() @IsBoolean() repair?: boolean | null;
}
