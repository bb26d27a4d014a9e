import { CodedError } from '@myelin/kernel';

export class BenchmarksError extends CodedError<
  /** The command line is wrong; the message says how. */
  | 'benchmarks.usage'
  /** CPU time is read from /proc, which only Linux has. */
  | 'benchmarks.proc-missing'
  /** A process that is being measured has ended. */
  | 'benchmarks.process-gone'
  /** Somebody asked for a rate of which nobody knows what was lost. */
  | 'benchmarks.loss-unknown'
  /** What is measured did not do its work; the message says what failed. */
  | 'benchmarks.run-failed'
> {}
