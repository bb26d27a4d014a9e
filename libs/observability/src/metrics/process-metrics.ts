import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import process from 'node:process';
import { lateSpanCounts } from '../late-spans.js';
import { metricAttributes } from '../schema/metric-attributes.js';
import { metrics } from '../schema/metrics.js';
import { spanExportCounts } from '../span-exports.js';
import { observe } from './instruments.js';

const nanoseconds = 1e-9;
const resolutionMs = 10;

/** Event loop, memory, processor and spans of this process, since its start or the last collection. */
export function observeProcess(): void {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  let utilization = performance.eventLoopUtilization();
  // The histogram holds whole pauses between its own ticks, which are due every 10 ms.
  const beyond = (pauseNs: number): number => Math.max(0, pauseNs * nanoseconds - resolutionMs / 1_000);
  observe(metrics.eventLoopDelayP50, (tell) => tell(beyond(delay.percentile(50))));
  observe(metrics.eventLoopDelayP99, (tell) => tell(beyond(delay.percentile(99))));
  observe(metrics.eventLoopDelayMax, (tell) => {
    tell(beyond(delay.max));
    setImmediate(() => delay.reset()); // when the others have read it, too
  });
  observe(metrics.eventLoopUtilization, (tell) => {
    const now = performance.eventLoopUtilization();
    tell(performance.eventLoopUtilization(now, utilization).utilization);
    utilization = now;
  });
  observe(metrics.processMemory, (tell) => tell(process.memoryUsage.rss()));
  observe(metrics.heapUsed, (tell) => tell(process.memoryUsage().heapUsed));
  observe(metrics.processCpuTime, (tell) => {
    const { user, system } = process.cpuUsage();
    tell(user / 1e6, { [metricAttributes.cpuMode]: 'user' });
    tell(system / 1e6, { [metricAttributes.cpuMode]: 'system' });
  });
  observe(metrics.lateSpansWritten, (tell) => tell(lateSpanCounts().written));
  observe(metrics.lateSpansDropped, (tell) => tell(lateSpanCounts().dropped));
  observe(metrics.spansExported, (tell) => tell(spanExportCounts().exported));
  observe(metrics.spansLost, (tell) => tell(spanExportCounts().lost));
  observe(metrics.processUptime, (tell) => tell(process.uptime()));
}
