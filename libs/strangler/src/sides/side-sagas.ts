import {
  OperatedSagas,
  type SagaDefinition,
  type SagaSteering,
  type SagaView,
} from '../calls/sagas/operated.js';
import type { Database } from '../database/database.js';

/** Carries out, for one side of a module, what an operator asks about its stored sagas. A module without processes has none. */
export class SideSagas {
  constructor(
    private readonly database: Database,
    private readonly module: string,
    private readonly definitions: (() => readonly SagaDefinition[]) | undefined,
  ) {}

  async sagas({ id }: { id: string | null }): Promise<SagaView[]> {
    return (await this.operated?.list(id)) ?? [];
  }

  async steerSaga({ saga, how }: { saga: SagaView; how: SagaSteering }): Promise<boolean> {
    return (await this.operated?.steer(saga, how)) ?? false;
  }

  private get operated(): OperatedSagas | undefined {
    return this.definitions && new OperatedSagas(this.database, this.module, this.definitions());
  }
}
