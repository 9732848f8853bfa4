import { Exclude } from 'class-transformer';
import { Column, Entity, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { Practitioner } from './practitioner.entity';

@Entity('working_hours')
export class WorkingHours {
  @Exclude()
  @PrimaryGeneratedColumn()
  id: number;

  @ManyToOne(() => Practitioner, (practitioner) => practitioner.workingHours, {
    onDelete: 'CASCADE',
    orphanedRowAction: 'delete',
  })
  @JoinColumn({ name: 'practitioner_id' })
  practitioner: Practitioner;

  @Column({ type: 'smallint' })
  weekday: number;

  @Column({ name: 'opens_at', length: 5 })
  opensAt: string;

  @Column({ name: 'closes_at', length: 5 })
  closesAt: string;
}
