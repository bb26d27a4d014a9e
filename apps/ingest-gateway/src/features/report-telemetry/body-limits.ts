/** Bytes as received, again when inflated, and again of the canonical body. */
export const maxBodyBytes = 512 * 1_024;
/** Inflated bytes per received byte. */
export const maxInflation = 100;
/** Objects and arrays within each other. */
export const maxDepth = 16;
