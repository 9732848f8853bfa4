import { Column, Entity, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { MedicalRecord } from './medical-record.entity';

@Entity('prescriptions')
export class Prescription {
  @PrimaryGeneratedColumn()
  id: number;

  @ManyToOne(() => MedicalRecord, (record) => record.prescriptions, {
    onDelete: 'CASCADE',
    orphanedRowAction: 'delete',
  })
  @JoinColumn({ name: 'record_id' })
  record: MedicalRecord;

  @Column({ length: 120 })
  drug: string;

  @Column({ length: 120 })
  dosage: string;

  @Column({ type: 'smallint' })
  days: number;
}
