import { CodedError } from '@myelin/kernel';

export type DeliveryErrorCode =
  /** The host is, or resolves to, an address that notifications may not go to. */
  | 'delivery.address-refused'
  /** Not http or https, with credentials, or from https to http. */
  | 'delivery.url-refused'
  /** More than three, or one that cannot be followed. */
  | 'delivery.redirect-refused'
  | 'delivery.name-unresolved'
  | 'delivery.connection-failed'
  | 'delivery.certificate-invalid'
  | 'delivery.timed-out';

export class DeliveryError extends CodedError<DeliveryErrorCode> {}
