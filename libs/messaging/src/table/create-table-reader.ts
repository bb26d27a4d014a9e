import type { KafkaSettings, MessagingLogger } from '../settings.js';
import type { TableReader, TableReaderOptions } from './table-reader.js';

export function createTableReader<Payload>(
  _settings: KafkaSettings,
  _options: TableReaderOptions<Payload>,
  _logger: MessagingLogger,
): TableReader {
  throw new Error('not there yet');
}
