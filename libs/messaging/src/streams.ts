/** Apart from the rest: only who publishes a stream is to load a second Kafka client. */
export { createStreamPublisher } from './publishing/create-stream-publisher.js';
