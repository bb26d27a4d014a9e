import { metricAttributes as names, metrics, observe } from '@myelin/observability';
import type { DataSource } from 'typeorm';

/** What of pg's pool is needed here. */
interface PoolCounts {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

interface WatchedPool {
  readonly dataSource: WeakRef<DataSource>;
  readonly max: number;
}

/** By application name; of two of the same name the later counts. */
const watched = new Map<string, WatchedPool>();

/** Tells, whenever metrics are collected, how many connections a data source has and who waits for one. */
export function watchPool(name: string, dataSource: DataSource, max: number): void {
  watched.set(name, { dataSource: new WeakRef(dataSource), max });
}

observe(metrics.poolConnections, (tell) => {
  for (const [pool, { totalCount, idleCount }] of openPools()) {
    tell(idleCount, { [names.poolName]: pool, [names.connectionState]: 'idle' });
    tell(totalCount - idleCount, { [names.poolName]: pool, [names.connectionState]: 'used' });
  }
});
observe(metrics.poolPending, (tell) => {
  for (const [pool, { waitingCount }] of openPools()) tell(waitingCount, { [names.poolName]: pool });
});
observe(metrics.poolMaximum, (tell) => {
  for (const [pool, , { max }] of openPools()) tell(max, { [names.poolName]: pool });
});

function* openPools(): Generator<[name: string, counts: PoolCounts, pool: WatchedPool]> {
  for (const [name, pool] of watched) {
    const dataSource = pool.dataSource.deref();
    if (dataSource?.isInitialized !== true) continue;
    const { master } = dataSource.driver as unknown as { readonly master?: PoolCounts };
    if (master !== undefined) yield [name, master, pool];
  }
}
