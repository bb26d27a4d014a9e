import { IsInt, IsObject, IsString, MaxLength } from 'class-validator';

export class MeasurementDto {
  @IsInt()
  ts!: number;

  @IsString()
  @MaxLength(64)
  boot!: string;

  @IsInt()
  seq!: number;

  @IsObject()
  values!: Record<string, number>;
}
