export enum NotificationKind {
  AppointmentBooked = 'appointment_booked',
  AppointmentCancelled = 'appointment_cancelled',
  AppointmentMissed = 'appointment_missed',
  CareTeamJoined = 'care_team_joined',
  FollowUpDue = 'follow_up_due',
}
