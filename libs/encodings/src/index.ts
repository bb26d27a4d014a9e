export { decodedContent, type InflationLimits } from './content-coding.js';
export { type PlainValue, readPlainCbor, writePlainCbor } from './cbor/plain-cbor.js';
export { type DecodedReport, type ReportContext, decodeReport } from './decode-report.js';
export { EncodingFault, type EncodingFaultCode, type EncodingFaultName } from './encoding-fault.js';
export {
  type ContentCoding,
  type ReportMediaType,
  contentCodingOf,
  contentCodings,
  reportMediaTypeOf,
  reportMediaTypes,
} from './media-types.js';
