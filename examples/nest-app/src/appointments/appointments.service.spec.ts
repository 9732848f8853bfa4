import { Test } from '@nestjs/testing';
import { getRepositoryToken } from '@nestjs/typeorm';
import { NotificationKind } from '../notifications/notification-kind.enum';
import { NotificationsService } from '../notifications/notifications.service';
import { AppointmentStatus } from './appointment.enums';
import { AppointmentsService } from './appointments.service';
import { Appointment } from './entities/appointment.entity';

describe('AppointmentsService', () => {
  const appointments = { findBy: jest.fn(), save: jest.fn() };
  const notifications = { notify: jest.fn() };
  let service: AppointmentsService;

  beforeEach(async () => {
    const moduleRef = await Test.createTestingModule({
      providers: [
        AppointmentsService,
        { provide: getRepositoryToken(Appointment), useValue: appointments },
        { provide: NotificationsService, useValue: notifications },
      ],
    })
      .useMocker(() => ({}))
      .compile();
    service = moduleRef.get(AppointmentsService);
  });

  it('marks those who did not come, and tells the practitioner', async () => {
    appointments.findBy.mockResolvedValue([
      {
        id: 5,
        status: AppointmentStatus.Scheduled,
        patient: { fullName: 'Mira Lang' },
        practitioner: { user: { id: 3 } },
      },
    ]);
    await expect(service.markNoShows(new Date())).resolves.toBe(1);
    expect(appointments.save).toHaveBeenCalledWith(
      expect.objectContaining({ status: AppointmentStatus.NoShow }),
    );
    expect(notifications.notify).toHaveBeenCalledWith(
      3,
      NotificationKind.AppointmentMissed,
      'Mira Lang did not come',
      { appointmentId: 5 },
    );
  });
});
