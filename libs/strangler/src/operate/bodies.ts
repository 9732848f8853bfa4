import { Maybe, Nested } from '../contract/fields.js';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  Length,
  Max,
  Min,
} from 'class-validator';
import { WrittenSettings } from '../control/config/written-settings.js';
import { phases, type Phase } from '../routes/phase.js';

/** The body of an action without parameters. */
export class PlainBody {
  /** Says what would be done, and does nothing. */
  @Maybe() @IsBoolean() dryRun?: boolean | null;
}

/** The body of an action that moves a module, or a route of the edge. */
export class SteeringBody extends PlainBody {
  /** Changes the line of `strangler.yaml` that steers it, where there is one. */
  @Maybe() @IsBoolean() write?: boolean | null;
}

export class RunBody extends SteeringBody {
  /** For a module that is steered by hand, what `strangler.yaml` says of one that stands in it. */
  @Maybe() @Nested(() => WrittenSettings) settings?: WrittenSettings | null;
}

export class ShiftBody extends SteeringBody {
  @IsInt() @Min(0) @Max(100) percent: number;
}

export class RollbackBody extends SteeringBody {
  @Maybe() @IsIn(phases) to?: Phase | null;
}

export class FailoverBody extends PlainBody {
  /** The operator's word that the lost side cannot write any more. Nobody else can know. */
  @IsBoolean() iHaveFencedIt: boolean;
}

export class RepairBody extends PlainBody {
  @Maybe() @IsBoolean() repair?: boolean | null;
}

export class DecommissionBody extends PlainBody {
  /** The module's name once more: the one step without a way back is not to be taken by a slip. */
  @Length(1, 100) confirm: string;
  @Maybe() @IsBoolean() purge?: boolean | null;
}

export class ParkedBody extends PlainBody {
  @IsIn(['retry', 'discard']) how: 'retry' | 'discard';
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1_000)
  @IsInt({ each: true })
  @Min(1, { each: true })
  ids: number[];
}

export class MismatchesBody extends PlainBody {
  /** Forgets what was compared, and the samples: the gate begins anew. */
  @IsIn([true]) clear: true;
}

/** The query string of a list that grows for ever. */
export class NewestQuery {
  @Maybe() @IsInt() @Min(1) @Max(1_000) limit?: number | null;
}
