import { decodeCursor, pageQuery, validationFailed } from '@myelin/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { keyIdPattern } from '../../domain/manifests/envelope.js';
import {
  type SigningAlgorithm,
  type SigningKeyRecord,
  type SigningKeyState,
  signingAlgorithms,
  signingKeyLimits,
  signingKeyStates,
} from '../../domain/manifests/signing-key.js';
import { releaseLimits } from '../../domain/releases/release.js';
import { type PublicKey, readPublicKey } from '../../manifests/verifying-key.js';
import { WrittenText } from '../../releases/member-rules.decorators.js';
import { signingKeyProblems } from '../../releases/signing-key.problems.js';

export const defaultPageSize = 100;

export class SigningKeyQuery extends pageQuery({ maximum: 100, default: defaultPageSize }) {
  @ApiPropertyOptional({ enum: signingKeyStates })
  @IsOptional()
  @IsIn(signingKeyStates)
  state?: SigningKeyState;
}

export class SigningKeyBody {
  @ApiProperty({ minLength: 1, maxLength: signingKeyLimits.nameLength, description: 'what people call it' })
  @WrittenText(signingKeyLimits.nameLength)
  name!: string;

  @ApiProperty({ description: 'PEM (SPKI) of an Ed25519 or P-256 key: `-----BEGIN PUBLIC KEY-----`' })
  @WrittenText(signingKeyLimits.pemBytes)
  publicKey!: string;
}

export class RevokeKeyBody {
  @ApiProperty({ minLength: 1, maxLength: releaseLimits.reasonLength })
  @WrittenText(releaseLimits.reasonLength)
  reason!: string;
}

export class SigningKeyView extends SigningKeyBody {
  @ApiProperty({ pattern: keyIdPattern, description: 'the first 16 hex digits of the SHA-256 of its SPKI in DER' })
  keyid!: string;

  @ApiProperty({ enum: signingAlgorithms })
  algorithm!: SigningAlgorithm;

  @ApiProperty({
    ...{ enum: signingKeyStates },
    description: 'retired: vouches for what is published already, and for nothing new; revoked: for nothing',
  })
  state!: SigningKeyState;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ description: '`operator:<subject>`' })
  createdBy!: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'when it was retired or revoked' })
  endedAt?: string;

  @ApiPropertyOptional()
  endedBy?: string;

  @ApiPropertyOptional({ description: 'why it was revoked' })
  reason?: string;
}

export class RevokedKeyView extends SigningKeyView {
  @ApiProperty({ type: 'integer', description: 'releases whose trust is another by this revocation' })
  releasesChanged!: number;
}

export class SigningKeyList {
  @ApiProperty({ type: () => [SigningKeyView], description: 'By keyid' })
  items!: SigningKeyView[];

  @ApiPropertyOptional()
  nextCursor?: string;
}

const isKeyid = (position: unknown): position is string =>
  typeof position === 'string' && new RegExp(keyIdPattern).test(position);

/** The keyid behind which the page begins; '' for the first page. */
export function positionOf({ cursor }: SigningKeyQuery): string {
  return cursor === undefined ? '' : decodeCursor(cursor, isKeyid);
}

/** @throws Problem 400 private-key-refused, validation-failed */
export function publicKeyOf({ publicKey }: SigningKeyBody): PublicKey {
  const read = readPublicKey(publicKey);
  if (typeof read === 'object') return read;
  if (read === 'private-key') throw signingKeyProblems.privateKey();
  const detail = {
    malformed: 'must be exactly one public key in PEM: -----BEGIN PUBLIC KEY-----',
    'algorithm-unknown': 'must be a key for Ed25519, or for ECDSA on P-256',
  }[read];
  throw validationFailed([{ pointer: '/publicKey', detail }]);
}

export function signingKeyView(row: SigningKeyRecord): SigningKeyView {
  const { keyid, name, algorithm, publicKey, state, createdAt, createdBy, endedAt, endedBy, reason } = row;
  return {
    ...{ keyid, name, algorithm, publicKey, state, createdAt: createdAt.toISOString(), createdBy },
    ...(endedAt === null ? {} : { endedAt: endedAt.toISOString() }),
    ...(endedBy === null ? {} : { endedBy }),
    ...(reason === null ? {} : { reason }),
  };
}
