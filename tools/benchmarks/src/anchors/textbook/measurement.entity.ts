import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity({ name: 'textbook_measurement' })
export class MeasurementEntity {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'text' })
  device!: string;

  @Column({ type: 'timestamptz' })
  ts!: Date;

  @Column({ type: 'text' })
  boot!: string;

  @Column({ type: 'bigint' })
  seq!: number;

  @Column({ type: 'jsonb' })
  values!: Record<string, number>;
}
