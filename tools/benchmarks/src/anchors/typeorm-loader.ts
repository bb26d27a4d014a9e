import 'reflect-metadata';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import { serveProgram } from '../harness/program.js';

/** The same columns and key as `measurement`, as TypeORM's users would write them. */
@Entity({ name: 'typeorm_anchor' })
class AnchorEntity {
  @PrimaryColumn({ name: 'device_index', type: 'bigint' })
  deviceIndex!: string;

  @PrimaryColumn({ type: 'timestamptz' })
  ts!: Date;

  @PrimaryColumn({ type: 'uuid' })
  fingerprint!: string;

  @PrimaryColumn({ type: 'smallint' })
  class!: number;

  @Column({ type: 'bigint', nullable: true })
  seq!: string | null;

  @Column({ name: 'received_at', type: 'timestamptz' })
  receivedAt!: Date;

  @Column({ type: 'integer' })
  duplicates!: number;

  @Column({ type: 'text', nullable: true })
  boot!: string | null;

  @Column({ name: 'out_of_range', type: 'text', array: true, nullable: true })
  outOfRange!: string[] | null;

  @Column({ type: 'jsonb' })
  values!: Record<string, unknown>;
}

let dataSource: DataSource | undefined;
let entities: readonly AnchorEntity[] = [];
const rowsPerCall = 500;

async function open(databaseUrl: string): Promise<DataSource> {
  dataSource ??= await new DataSource({ type: 'postgres', url: databaseUrl, entities: [AnchorEntity] }).initialize();
  return dataSource;
}

async function remember({ databaseUrl, rows }: { databaseUrl: string; rows: number }): Promise<number> {
  const source = await open(databaseUrl);
  entities = await source.query<AnchorEntity[]>(
    `SELECT device_index AS "deviceIndex", ts, fingerprint, class, seq, received_at AS "receivedAt", duplicates, boot,
       out_of_range AS "outOfRange", "values" FROM measurement LIMIT $1`,
    [rows],
  );
  return entities.length;
}

async function empty(): Promise<void> {
  await dataSource?.query('DROP TABLE IF EXISTS typeorm_anchor');
  await dataSource?.query('CREATE TABLE typeorm_anchor (LIKE measurement INCLUDING ALL)');
}

async function load({ how }: { how: 'insert' | 'save' }): Promise<number> {
  const repository = (dataSource as DataSource).getRepository(AnchorEntity);
  for (let at = 0; at < entities.length; at += rowsPerCall) {
    const part = entities.slice(at, at + rowsPerCall);
    if (how === 'insert') await repository.insert(part.map((one) => ({ ...one })) as never);
    else await repository.save(part.map((one) => repository.create(one)));
  }
  return repository.count();
}

serveProgram({ remember, empty, load }, () => dataSource?.destroy());
