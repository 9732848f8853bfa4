import type { ModuleStatus } from '../../control/terms/views.js';

type Verify = ModuleStatus['verify'];

/** How often nothing may be seen to run before that means that it has ended: it begins a moment after it was asked for. */
const patience = 20;

/** Follows one run of verify through what is seen of the module. */
export class VerifyRun {
  private began = false;
  private idle = 0;

  /** `before`: when the run before this one ended. */
  constructor(private readonly before: string | null) {}

  /** Whether the run is `running`, `done`, or `stopped` without a result. */
  see({ running, checkedAt }: Verify): 'running' | 'done' | 'stopped' {
    if (running) {
      this.began = true;
      this.idle = 0;
      return 'running';
    }
    if (checkedAt !== this.before) return 'done';
    this.idle += 1;
    return this.idle > (this.began ? 2 : patience) ? 'stopped' : 'running';
  }
}
