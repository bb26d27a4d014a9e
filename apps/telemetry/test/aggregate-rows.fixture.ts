import type { DataSource } from 'typeorm';
import type { Aggregate, AggregateRequest } from '../src/persistence/aggregate.repository.js';
import { functionColumns, mergeSql, momentsOf, msOf, numberOf, valuePieces } from '../src/persistence/moments.js';
import { seriesParameters, seriesWinnersSql } from '../src/persistence/order-statistics.repository.js';

/** The answer from rows alone: what an answer that uses rollups has to equal. */
export async function aggregateRows(dataSource: DataSource, request: AggregateRequest): Promise<Aggregate[]> {
  const moments = momentsOf(request.functions);
  const merged = mergeSql({
    pieces: `SELECT device, metric, bucket, ${valuePieces(moments)} FROM placed`,
    ...{ series: ['device', 'metric'], span: 'bucket', moments },
  });
  return dataSource.query<Aggregate[]>(
    `WITH winner AS (${seriesWinnersSql}), numbered AS (
       SELECT device, metric, width_bucket(ts, $8::timestamptz[]) AS bucket, ${msOf('ts')} AS ms, ${numberOf('json')} AS value
       FROM winner
     ), placed AS (
       SELECT *, ms - ${msOf('($8::timestamptz[])[bucket]')} AS at FROM numbered WHERE value IS NOT NULL
     ), merged AS (${merged})
     SELECT bucket - 1 AS bucket, device, metric::integer - 1 AS metric, ${functionColumns(request.functions)}
     FROM merged ORDER BY 1, 2, 3`,
    seriesParameters(request),
  );
}
