export const PATIENT_ARCHIVED = 'patient.archived';

export class PatientArchivedEvent {
  constructor(
    readonly patientId: number,
    readonly archivedById: number,
  ) {}
}
