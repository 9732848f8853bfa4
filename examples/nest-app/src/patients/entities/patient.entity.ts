import { Exclude, Expose } from 'class-transformer';
import {
  Column,
  CreateDateColumn,
  DeleteDateColumn,
  Entity,
  Index,
  JoinColumn,
  JoinTable,
  ManyToMany,
  ManyToOne,
  PrimaryGeneratedColumn,
  UpdateDateColumn,
} from 'typeorm';
import { yearsSince } from '../../common/utils/dates';
import { Practitioner } from '../../practitioners/entities/practitioner.entity';
import { User } from '../../users/entities/user.entity';

@Entity('patients')
@Index('uq_patients_email', ['email'], { unique: true, where: 'deleted_at IS NULL' })
export class Patient {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ name: 'first_name', length: 80 })
  firstName: string;

  @Column({ name: 'last_name', length: 80 })
  lastName: string;

  @Column({ length: 254 })
  email: string;

  @Column({ type: 'varchar', length: 30, nullable: true })
  phone: string | null;

  @Column({ name: 'birth_date', type: 'date' })
  birthDate: string;

  @Expose({ groups: ['detail'] })
  @Column({ name: 'insurance_number', type: 'varchar', length: 30, nullable: true })
  insuranceNumber: string | null;

  @Column({ type: 'text', array: true, default: [] })
  allergies: string[];

  @ManyToOne(() => Practitioner, { eager: true, nullable: true })
  @JoinColumn({ name: 'primary_practitioner_id' })
  primaryPractitioner: Practitioner | null;

  @ManyToMany(() => Practitioner, (practitioner) => practitioner.patients)
  @JoinTable({
    name: 'patient_care_team',
    joinColumn: { name: 'patient_id' },
    inverseJoinColumn: { name: 'practitioner_id' },
  })
  careTeam: Practitioner[];

  @ManyToOne(() => User, { nullable: true })
  @JoinColumn({ name: 'registered_by_id' })
  registeredBy: User | null;

  @Column({ name: 'last_visit_at', type: 'timestamptz', nullable: true })
  lastVisitAt: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;

  @Exclude()
  @DeleteDateColumn({ name: 'deleted_at', type: 'timestamptz' })
  deletedAt: Date | null;

  @Expose()
  get fullName(): string {
    return `${this.firstName} ${this.lastName}`;
  }

  @Expose()
  get age(): number {
    return yearsSince(this.birthDate);
  }
}
