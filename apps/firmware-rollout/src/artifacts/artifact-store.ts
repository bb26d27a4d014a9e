import type { Readable } from 'node:stream';

/** Bytes from `start` up to and including `end`, as HTTP counts them. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A complete file that is to be kept. */
export interface SpooledFile {
  readonly path: string;
  /** Lower-case hex. */
  readonly sha256: string;
  /** In bytes. */
  readonly size: number;
}

/**
 * Where the bytes of artifacts are, by their SHA-256. A blob is whole or absent, and never changes.
 * All methods: @throws ArtifactStoreError artifact-store.unavailable
 */
export interface ArtifactStore {
  /**
   * Keeps the file; when this resolves it survives a crash. Where the blob exists, it stays as it is. The file is left where it is
   * and must not be written to any more. @throws ArtifactStoreError artifact-store.full, artifact-store.corrupt
   */
  put(file: SpooledFile): Promise<void>;
  /** The stream holds a file or a connection until it ends or is destroyed. @throws ArtifactStoreError artifact-store.missing */
  open(sha256: string, range: ByteRange): Promise<Readable>;
  /** Undefined: there is no such blob. */
  stat(sha256: string): Promise<{ readonly size: number } | undefined>;
  /** Also of what is not there. */
  delete(sha256: string): Promise<void>;
  close(): Promise<void>;
}
