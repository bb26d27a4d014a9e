/** What a device says of the assignment that it works on, whichever protocol it speaks. */
export type DeviceReport =
  /** It has read the instruction. */
  | { readonly kind: 'retrieved' }
  | { readonly kind: 'downloading' }
  | { readonly kind: 'downloaded' }
  /** It works on it. */
  | { readonly kind: 'proceeding' }
  /** Something is not as it should be; it goes on. */
  | { readonly kind: 'warned' }
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed' }
  /** It has stopped, asked or not. */
  | { readonly kind: 'cancelled' }
  /** It was asked to stop, and goes on. */
  | { readonly kind: 'cancel-refused' };

export type DeviceReportKind = DeviceReport['kind'];
