import { CodedError } from '@myelin/kernel';

export class SimulatorError extends CodedError<
  'simulator.data-invalid' | 'simulator.options-invalid' | 'simulator.registration-failed' | 'simulator.query-failed'
> {}
