import {
  Column,
  CreateDateColumn,
  Entity,
  JoinColumn,
  ManyToMany,
  OneToMany,
  OneToOne,
  PrimaryGeneratedColumn,
} from 'typeorm';
import { Patient } from '../../patients/entities/patient.entity';
import { User } from '../../users/entities/user.entity';
import { Specialty } from '../specialty.enum';
import { WorkingHours } from './working-hours.entity';

@Entity('practitioners')
export class Practitioner {
  @PrimaryGeneratedColumn()
  id: number;

  @OneToOne(() => User, { eager: true })
  @JoinColumn({ name: 'user_id' })
  user: User;

  @Column({ name: 'license_number', length: 20, unique: true })
  licenseNumber: string;

  @Column({ type: 'enum', enum: Specialty, enumName: 'specialty' })
  specialty: Specialty;

  @Column({ type: 'varchar', length: 20, nullable: true })
  room: string | null;

  @Column({ name: 'accepts_patients', default: true })
  acceptsPatients: boolean;

  @OneToMany(() => WorkingHours, (hours) => hours.practitioner, { eager: true, cascade: true })
  workingHours: WorkingHours[];

  @ManyToMany(() => Patient, (patient) => patient.careTeam)
  patients: Patient[];

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
