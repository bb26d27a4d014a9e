import { CodedError } from '@myelin/kernel';

export type LocalStackErrorCode =
  | 'local-stack.java-missing'
  | 'local-stack.java-too-old'
  | 'local-stack.maven-missing'
  | 'local-stack.download-failed'
  | 'local-stack.go-missing'
  | 'local-stack.build-failed'
  | 'local-stack.postgres-missing'
  | 'local-stack.programs-missing'
  | 'local-stack.postgres-unreachable'
  | 'local-stack.volume-refused'
  | 'local-stack.port-taken'
  | 'local-stack.start-failed'
  | 'local-stack.stop-failed'
  | 'local-stack.usage'
  | 'local-stack.lock-timeout'
  | 'local-stack.issuer-refused';

/** Every message is a sentence that tells the person in front of the terminal what to do next. */
export class LocalStackError extends CodedError<LocalStackErrorCode> {}
