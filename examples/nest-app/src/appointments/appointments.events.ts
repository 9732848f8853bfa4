export const APPOINTMENT_COMPLETED = 'appointment.completed';

export class AppointmentCompletedEvent {
  constructor(
    readonly appointmentId: number,
    readonly patientId: number,
    readonly completedAt: Date,
  ) {}
}
