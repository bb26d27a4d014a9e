import { ApiProperty } from '@nestjs/swagger';
import { envelopeLimits, keyIdPattern, manifestPayloadType } from '../../domain/manifests/envelope.js';

class SignatureSchema {
  @ApiProperty({ pattern: keyIdPattern, description: 'each once' })
  keyid!: string;

  @ApiProperty({ description: 'base64 of 64 bytes: Ed25519, or ECDSA P-256 with SHA-256 as r||s' })
  sig!: string;
}

/** Words about what `openEnvelope` reads; that decides. */
export class EnvelopeSchema {
  @ApiProperty({ enum: [manifestPayloadType] })
  payloadType!: string;

  @ApiProperty({ description: 'base64 of the manifest, at most 64 KiB of JSON' })
  payload!: string;

  @ApiProperty({
    ...{ type: () => [SignatureSchema], minItems: 1, maxItems: envelopeLimits.signatures },
    description: 'of the DSSE pre-authentication encoding of type and payload',
  })
  signatures!: readonly SignatureSchema[];
}
