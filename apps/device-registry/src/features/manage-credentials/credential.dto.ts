import type { CredentialRecord } from '../../domain/records.js';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { type MintedCredential, presentations } from '../../domain/credential.js';
import { IsInstant } from '../../validation/rules.decorators.js';

export class NewCredentialBody {
  @ApiPropertyOptional({ format: 'date-time', description: 'Default: now' })
  @IsOptional()
  @IsInstant()
  notBefore?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Default: no end' })
  @IsOptional()
  @IsInstant()
  notAfter?: string;
}

export class CredentialView {
  @ApiProperty({ format: 'uuid' })
  credentialId!: string;

  @ApiProperty({ format: 'date-time' })
  notBefore!: string;

  @ApiPropertyOptional({ format: 'date-time' })
  notAfter?: string;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiPropertyOptional({ format: 'date-time' })
  revokedAt?: string;

  @ApiProperty({ enum: ['pending', 'live', 'expired', 'revoked'] })
  state!: 'pending' | 'live' | 'expired' | 'revoked';
}

export class CredentialList {
  @ApiProperty({ type: () => [CredentialView] })
  items!: CredentialView[];
}

export class BasicPresentation {
  @ApiProperty({ description: '`<tenant>/<device>`, the device percent-encoded' })
  username!: string;

  @ApiProperty()
  password!: string;
}

/** The only answer that ever shows a secret. */
export class IssuedCredential extends CredentialView {
  @ApiProperty({ description: 'Shown once: only its SHA-256 is kept.' })
  secret!: string;

  @ApiProperty({ description: '`<credentialId>.<secret>` for `Authorization: Bearer`' })
  bearer!: string;

  @ApiProperty({ type: () => BasicPresentation })
  basic!: BasicPresentation;
}

export type CredentialColumns = Pick<CredentialRecord, 'id' | 'notBefore' | 'notAfter' | 'createdAt' | 'revokedAt'>;

export function credentialView(row: CredentialColumns, nowMs: number): CredentialView {
  const { notAfter, revokedAt } = row;
  return {
    credentialId: row.id,
    state: stateOf(row, nowMs),
    notBefore: row.notBefore.toISOString(),
    ...(notAfter === null ? {} : { notAfter: notAfter.toISOString() }),
    createdAt: row.createdAt.toISOString(),
    ...(revokedAt === null ? {} : { revokedAt: revokedAt.toISOString() }),
  };
}

function stateOf({ revokedAt, notAfter, notBefore }: CredentialColumns, nowMs: number): CredentialView['state'] {
  if (revokedAt !== null) return 'revoked';
  if (notAfter !== null && notAfter.getTime() <= nowMs) return 'expired';
  return notBefore.getTime() > nowMs ? 'pending' : 'live';
}

export function issuedCredential(
  tenant: string,
  device: string,
  minted: MintedCredential,
  view: CredentialView,
): IssuedCredential {
  return { ...view, secret: minted.secret, ...presentations(tenant, device, minted) };
}
