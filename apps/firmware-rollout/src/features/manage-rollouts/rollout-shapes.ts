import { deviceIdPattern } from '@myelin/kernel';
import { labelKeyPattern } from '@myelin/contracts';
import { slugPattern } from '../../domain/releases/release.js';
import { settingsLimits } from '../../domain/rollouts/fault-in-settings.js';
import { waveLimits } from '../../domain/rollouts/wave-definition.js';
import { minutesPerWeek } from '../../domain/rollouts/weekly-windows.js';
import { instant, kindsOf, listOf, mapOf, matching, numberOf, objectOf, oneOf, text } from './shapes.js';

const scopeLimits = { devices: 10_000, names: 1_000, labels: 16, values: 64, valueLength: 128 } as const;
const { conditions, windows, perMinute, maxFactor, successes, judgeLength, maxSoakMs, maxConfidence } = settingsLimits;

export const approvals = ['anyone', 'second-person'] as const;

export const scope = objectOf(
  {},
  {
    devices: listOf(matching(deviceIdPattern), { min: 1, max: scopeLimits.devices }),
    profiles: listOf(matching(slugPattern), { min: 1, max: scopeLimits.names }),
    sites: listOf(matching(slugPattern), { min: 1, max: scopeLimits.names }),
    labels: mapOf(
      labelKeyPattern,
      listOf(text(scopeLimits.valueLength), { min: 1, max: scopeLimits.values }),
      scopeLimits.labels,
    ),
  },
);

export const waves = listOf(
  kindsOf({
    selector: [{ selector: scope }],
    percent: [{ percent: numberOf({ minimum: 0.01, maximum: 100 }) }],
    count: [{ count: numberOf({ minimum: 1, maximum: waveLimits.devices }) }],
  }),
  { min: 1, max: waveLimits.waves },
);

export const mode = kindsOf({
  forced: [{}],
  soft: [{}],
  'download-only': [{}],
  'time-forced': [{ forcedFrom: instant }],
});

const minute = numberOf({ minimum: 0, maximum: minutesPerWeek - 1 });
const weekly = listOf(objectOf({ fromMinute: minute, toMinute: minute }), { min: 1, max: windows });
const timeZone = text(64);

export const advance = listOf(
  kindsOf({
    'success-share': [{ atLeast: numberOf({ minimum: 0, maximum: 1 }) }],
    'soak-time': [{ ms: numberOf({ minimum: 0, maximum: maxSoakMs }) }],
    approval: [{ by: oneOf(approvals) }],
    windows: [{ weekly, timeZone }],
    'calm-gateways': [{}],
    judged: [{ by: text(judgeLength) }],
  }),
  { max: conditions },
);

export const pause = listOf(
  kindsOf({
    'failure-share': [
      { above: numberOf({ minimum: 0 }), minimumFailures: numberOf({ minimum: 1, maximum: successes }) },
      { confidence: numberOf({ minimum: 0.5, maximum: maxConfidence }) },
    ],
  }),
  { max: conditions },
);

const rate = numberOf({ minimum: 1, maximum: perMinute });

export const speed = kindsOf({
  constant: [{ perMinute: rate }],
  growing: [
    {
      perMinute: rate,
      factor: numberOf({ minimum: 1, maximum: maxFactor }),
      everySuccesses: numberOf({ minimum: 1, maximum: successes }),
      maxPerMinute: rate,
    },
  ],
});

export const offerWindows = objectOf({ weekly }, { timeZone });
