export enum AppointmentKind {
  Consultation = 'consultation',
  FollowUp = 'follow_up',
  Vaccination = 'vaccination',
  CheckUp = 'check_up',
}

export enum AppointmentStatus {
  Scheduled = 'scheduled',
  CheckedIn = 'checked_in',
  Completed = 'completed',
  Cancelled = 'cancelled',
  NoShow = 'no_show',
}

export const ACTIVE_STATUSES = [AppointmentStatus.Scheduled, AppointmentStatus.CheckedIn];

export const APPOINTMENT_MINUTES: Record<AppointmentKind, number> = {
  [AppointmentKind.Consultation]: 30,
  [AppointmentKind.FollowUp]: 15,
  [AppointmentKind.Vaccination]: 10,
  [AppointmentKind.CheckUp]: 45,
};
