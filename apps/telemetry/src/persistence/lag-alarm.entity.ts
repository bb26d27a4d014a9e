import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What was last said of a consumer group: so that the alarm is raised once, whichever instance notices. */
@Entity({ name: 'lag_alarm' })
export class LagAlarmEntity {
  @PrimaryColumn({ type: 'text' })
  topic!: string;

  @PrimaryColumn({ name: 'consumer_group', type: 'text' })
  consumerGroup!: string;

  @Column({ type: 'boolean' })
  near!: boolean;
}
